import { constructFromEvents, EVENT_ID, type Event, getScalarValue, parseEvents, YAMLException } from 'js-yaml';
import { fail, ok, type Result } from '../../core/result.ts';
import { runbookLimits } from '../../core/runbook/schema.ts';
import { type DocumentPath, type Position, pathKey, type SourceDocument } from '../../core/runbook/source-document.ts';

/** Why a text is not one YAML document we accept, and where. */
export type YamlProblem = Position & { readonly message: string };

/**
 * Parses one YAML document and remembers where each key and value stands.
 *
 * Stricter than YAML where leniency would hide something from a reviewer: one document, no repeated keys (all of them are reported, not only the
 * first), no anchors and aliases (their expansion is unbounded), keys that are plain text, nesting of at most 20.
 */
export function parseYaml(text: string): Result<SourceDocument, readonly YamlProblem[]> {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const lines = lineStarts(source);
  try {
    const events = parseEvents(source, { maxDepth: runbookLimits.maxDepth });
    const documents = events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length;
    if (documents === 0) return fail([{ line: 1, column: 1, message: 'the file is empty' }]);
    const places = walk(events, source, (offset) => positionAt(lines, offset));
    if (places.problems.length > 0) return fail(places.problems);
    const [value] = constructFromEvents(events, { source, maxAliases: 0 });
    return ok({ value, keys: places.keys, values: places.values });
  } catch (error) {
    return fail([problemOf(error)]);
  }
}

function problemOf(error: unknown): YamlProblem {
  if (!(error instanceof YAMLException)) return { line: 1, column: 1, message: 'the file cannot be read as YAML' };
  const { mark, reason } = error;
  return {
    line: (mark?.line ?? 0) + 1,
    column: (mark?.column ?? 0) + 1,
    message: `not YAML as runbooks use it: ${reason}`,
  };
}

type Frame =
  | { readonly kind: 'document'; readonly path: DocumentPath; count: number }
  | { readonly kind: 'sequence'; readonly path: DocumentPath; count: number }
  | { readonly kind: 'mapping'; readonly path: DocumentPath; readonly names: Set<string>; key: string | undefined };

type Places = { keys: Map<string, Position>; values: Map<string, Position>; problems: YamlProblem[] };

function walk(events: readonly Event[], source: string, at: (offset: number) => Position): Places {
  const places: Places = { keys: new Map(), values: new Map(), problems: [] };
  const frames: Frame[] = [];
  let documents = 0;
  let last: Position = { line: 1, column: 1 };

  /** The path of the node that begins now, or undefined when it is a key. */
  const begin = (): DocumentPath | undefined => {
    const frame = frames.at(-1);
    if (frame === undefined || frame.kind === 'document') return [];
    if (frame.kind === 'sequence') {
      frame.count += 1;
      return [...frame.path, frame.count - 1];
    }
    if (frame.key === undefined) return undefined;
    const path = [...frame.path, frame.key];
    frame.key = undefined;
    return path;
  };

  const setKey = (key: string, place: Position): void => {
    const frame = frames.at(-1);
    if (frame?.kind !== 'mapping') return;
    if (frame.names.has(key))
      places.problems.push({ ...place, message: `the field \`${key.slice(0, 60)}\` is there twice` });
    frame.names.add(key);
    frame.key = key;
    places.keys.set(pathKey([...frame.path, key]), place);
  };

  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        documents += 1;
        if (documents === 2)
          places.problems.push({
            ...last,
            message: 'a second document begins after this line; one file holds one runbook',
          });
        frames.push({ kind: 'document', path: [], count: 0 });
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        last = at(event.start);
        if (event.anchorStart >= 0)
          places.problems.push({ ...last, message: 'anchors are not used in runbooks: write the value out' });
        const path = begin();
        if (path === undefined) {
          places.problems.push({ ...last, message: 'a field name must be plain text' });
          setKey('', last);
        } else places.values.set(pathKey(path), last);
        frames.push(
          event.type === EVENT_ID.SEQUENCE
            ? { kind: 'sequence', path: path ?? [], count: 0 }
            : { kind: 'mapping', path: path ?? [], names: new Set(), key: undefined },
        );
        break;
      }
      case EVENT_ID.SCALAR: {
        const place = event.valueStart >= 0 ? at(event.valueStart) : undefined;
        last = place ?? last;
        if (event.anchorStart >= 0)
          places.problems.push({
            ...at(event.anchorStart),
            message: 'anchors are not used in runbooks: write the value out',
          });
        const path = begin();
        if (path === undefined) setKey(getScalarValue(source, event), last);
        else if (place !== undefined) places.values.set(pathKey(path), place);
        break;
      }
      case EVENT_ID.ALIAS: {
        const place = at(event.anchorStart);
        places.problems.push({ ...place, message: 'aliases are not used in runbooks: write the value out' });
        if (begin() === undefined) setKey('', place);
        break;
      }
      case EVENT_ID.POP:
        frames.pop();
        break;
      default:
        event satisfies never;
    }
  }
  return places;
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return starts;
}

function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
