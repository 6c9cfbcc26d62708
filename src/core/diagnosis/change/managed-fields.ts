import type { WireObject } from '../../cluster/object.ts';
import { at, isRecord, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';

/** One writer of an object, as the API server keeps it: who, when, and which fields they own (`spec.template.spec.containers[name=app].image`). Never values. */
export type FieldManager = {
  readonly manager: string;
  readonly operation: string | undefined;
  readonly at: number;
  readonly fields: readonly string[];
};

const maxFields = 40;
const maxDepth = 14;

/** Writers of an object's own fields, newest first. Writes of the status are left out: they are reports, not changes. */
export function fieldManagersOf(object: WireObject): readonly FieldManager[] {
  return recordsAt(object, 'metadata', 'managedFields')
    .flatMap(({ record }): FieldManager[] => {
      const manager = textAt(record, 'manager');
      const time = timeAt(record, 'time');
      if (manager === undefined || time === undefined || textAt(record, 'subresource') === 'status') return [];
      const fields = pathsOf(at(record, 'fieldsV1'));
      return fields.length > 0 && fields.every((field) => field.startsWith('status'))
        ? []
        : [{ manager: manager.slice(0, 100), operation: textAt(record, 'operation'), at: time, fields }];
    })
    .toSorted((a, b) => b.at - a.at || (a.manager < b.manager ? -1 : 1));
}

function pathsOf(fields: unknown): readonly string[] {
  const paths: string[] = [];
  const visit = (value: unknown, path: string, depth: number): void => {
    if (!isRecord(value) || paths.length >= maxFields || depth > maxDepth) return;
    const keys = Object.keys(value).filter((key) => key !== '.');
    if (keys.length === 0) {
      if (path !== '') paths.push(path);
      return;
    }
    for (const key of keys) {
      if (key.startsWith('f:')) visit(value[key], path === '' ? key.slice(2) : `${path}.${key.slice(2)}`, depth + 1);
      else if (key.startsWith('k:')) visit(value[key], `${path}[${keyOf(key.slice(2))}]`, depth + 1);
      else if (path !== '') paths.push(path);
    }
  };
  visit(fields, '', 0);
  return paths;
}

// Members of a list are named by their merge key: {"name":"app"} → name=app.
function keyOf(json: string): string {
  const [, name = '', value = ''] = /^\{"([A-Za-z]{1,40})":"?([^"},]{0,80})/.exec(json) ?? [];
  return `${name}=${value}`;
}
