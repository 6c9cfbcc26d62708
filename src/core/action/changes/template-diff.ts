import { digestOf } from '../../digest.ts';
import { containersOf, type TemplateContainer } from './pod-template.ts';
import { diffResources } from './resources.ts';
import { isJsonObject, type JsonObject, onOneLine } from './wire.ts';

const maxLines = 24;
const maxLineLength = 300;

/**
 * What differs between two pod templates, in lines for people: images and amounts with their values, everything that may hold a
 * secret (environment, commands, annotations) by name only. Never empty for templates that differ, never longer than 25 lines.
 */
export function diffTemplates(before: JsonObject, after: JsonObject): string[] {
  if (same(before, after)) return [];
  const lines = [
    ...diffContainers(containersOf(before) ?? [], containersOf(after) ?? []),
    ...diffPodSpec(objectAt(before, 'spec'), objectAt(after, 'spec')),
    ...diffMetadata(objectAt(before, 'metadata'), objectAt(after, 'metadata')),
  ].map((line) => onOneLine(line, maxLineLength));
  if (lines.length === 0) return ['the template differs in a way that cannot be shown here'];
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), `… and ${lines.length - maxLines} more differences`];
}

function diffContainers(before: readonly TemplateContainer[], after: readonly TemplateContainer[]): string[] {
  const [from, to] = [byName(before), byName(after)];
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((key) => {
    const [old, fresh] = [from.get(key), to.get(key)];
    const title = onOneLine(key, 80);
    if (old === undefined) return [`${title}: added, image ${onOneLine(fresh?.image ?? 'none')}`];
    if (fresh === undefined) return [`${title}: removed, image ${onOneLine(old.image ?? 'none')}`];
    return diffContainer(old, fresh).map((line) => `${title}: ${line}`);
  });
}

function byName(containers: readonly TemplateContainer[]): Map<string, TemplateContainer> {
  return new Map(
    containers.map((each) => [each.list === 'initContainers' ? `init container ${each.name}` : each.name, each]),
  );
}

const shownApart: readonly string[] = ['name', 'image', 'env', 'resources', 'pointer', 'index', 'list'];

function diffContainer(before: TemplateContainer, after: TemplateContainer): string[] {
  const image = before.image === after.image ? [] : [`image ${sayImage(before)} → ${sayImage(after)}`];
  const others = keysOf(before, after)
    .filter((key) => !shownApart.includes(key) && !same(before[key], after[key]))
    .map((key) => `${onOneLine(key, 60)} changed${sayNames(before[key], after[key])}`);
  return [...image, ...diffResources(before.resources, after.resources), ...diffEnv(before, after), ...others];
}

function sayImage({ image }: TemplateContainer): string {
  return onOneLine(image ?? 'none');
}

function diffEnv(before: TemplateContainer, after: TemplateContainer): string[] {
  if (same(before.env, after.env)) return [];
  const names = sayNames(before.env ?? [], after.env ?? []);
  return [`environment changed${names === '' ? ' in its order' : names}, values not shown`];
}

function diffPodSpec(before: JsonObject, after: JsonObject): string[] {
  return keysOf(before, after)
    .filter((key) => key !== 'containers' && key !== 'initContainers' && !same(before[key], after[key]))
    .map((key) => {
      const title = `/spec/template/spec/${onOneLine(key, 60)}`;
      const [old, fresh] = [sayScalar(before[key]), sayScalar(after[key])];
      return old === null || fresh === null
        ? `${title} changed${sayNames(before[key], after[key])}`
        : `${title} ${old} → ${fresh}`;
    });
}

function diffMetadata(before: JsonObject, after: JsonObject): string[] {
  return keysOf(before, after)
    .filter((key) => !same(before[key], after[key]))
    .map((key) => {
      const [old, fresh] = [objectAt(before, key), objectAt(after, key)];
      const changed = keysOf(old, fresh).filter((name) => !same(old[name], fresh[name]));
      const which = changed.length === 0 ? '' : `: ${sayList(changed)}`;
      return `/spec/template/metadata/${onOneLine(key, 60)} changed${which}`;
    });
}

/** For lists of named things, such as volumes, ports, mounts: which were added, removed or changed. */
function sayNames(before: unknown, after: unknown): string {
  const [from, to] = [named(before), named(after)];
  if (from === null || to === null) return '';
  const added = [...to.keys()].filter((name) => !from.has(name));
  const removed = [...from.keys()].filter((name) => !to.has(name));
  const changed = [...to.keys()].filter((name) => from.has(name) && !same(from.get(name), to.get(name)));
  const parts = Object.entries({ added, removed, changed }).filter(([, names]) => names.length > 0);
  return parts.length === 0 ? '' : `: ${parts.map(([word, names]) => `${word} ${sayList(names)}`).join('; ')}`;
}

function named(value: unknown): Map<string, unknown> | null {
  if (value === undefined) return new Map();
  if (!Array.isArray(value)) return null;
  const entries = value.map((item: unknown) => [isJsonObject(item) ? item.name : undefined, item] as const);
  const whole = entries.flatMap(([name, item]) => (typeof name === 'string' ? [[name, item] as const] : []));
  return whole.length === entries.length ? new Map(whole) : null;
}

function sayList(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => onOneLine(name, 60));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}

function sayScalar(value: unknown): string | null {
  if (value === undefined) return 'unset';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? onOneLine(String(value), 80)
    : null;
}

function objectAt(whole: JsonObject, key: string): JsonObject {
  const value = whole[key];
  return isJsonObject(value) ? value : {};
}

function keysOf(a: JsonObject, b: JsonObject): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function same(a: unknown, b: unknown): boolean {
  return digestOf(a ?? null) === digestOf(b ?? null);
}
