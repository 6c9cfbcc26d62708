import { defaultNamespace } from '../../cluster/resource-types.ts';
import { ok } from '../../result.ts';
import { allNamespacesFlag, type Flags, namespaceFlag } from './flags.ts';
import { type Parsed, refuse } from './parsed-line.ts';

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const labelKey = '([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const labelValue = '([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?';
const labelRequirement = new RegExp(`^(!?${labelKey}|${labelKey}(=|==|!=)${labelValue})$`);
const fieldRequirement = /^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)*(=|==|!=)([A-Za-z0-9][A-Za-z0-9._:-]*)?$/;

/** An object's name: RFC 1123 subdomain. */
export function readName(word: string): Parsed<string> {
  if (dnsSubdomain.test(word) && word.length <= 253) return ok(word);
  return refuse(
    'syntax.name',
    `${shown(word)} is not a name Kubernetes could have given (lower-case letters, digits, \`-\` and \`.\`). Write the exact name.`,
  );
}

/** A container's name: RFC 1123 label. */
export function readContainer(word: string): Parsed<string> {
  if (dnsLabel.test(word)) return ok(word);
  return refuse(
    'syntax.name',
    `${shown(word)} is not a container's name (lower-case letters, digits and \`-\`). Write the exact name.`,
  );
}

/** The namespace of `-n`, else `default`: the action says it, because it must not depend on the context of whoever types. */
export function readNamespace(flags: Flags): Parsed<string> {
  const given = flags.get(namespaceFlag.name) ?? defaultNamespace;
  if (dnsLabel.test(given)) return ok(given);
  return refuse(
    'syntax.name',
    `${shown(given)} is not a namespace (lower-case letters, digits and \`-\`). Write one exact namespace.`,
  );
}

/** Where a read looks: one namespace, or all of them with `-A`. */
export type Scope = { readonly namespace: string } | { readonly allNamespaces: true };

export function readScope(flags: Flags): Parsed<Scope> {
  if (!isOn(flags, allNamespacesFlag.name)) {
    const namespace = readNamespace(flags);
    return namespace.ok ? ok({ namespace: namespace.value }) : namespace;
  }
  if (flags.has(namespaceFlag.name)) {
    return refuse('syntax.flag', 'Both -A and -n are given, and -A would win. Give one of them.');
  }
  return ok({ allNamespaces: true });
}

export function isOn(flags: Flags, name: string): boolean {
  return flags.get(name) === 'true';
}

/** A label selector of `=`, `==`, `!=` and existence; set-based ones need parentheses, which a line cannot have. */
export function readSelector(word: string | undefined): Parsed<string | undefined> {
  if (word === undefined) return ok(undefined);
  if (word.split(',').every((requirement) => labelRequirement.test(requirement))) return ok(word);
  return refuse(
    'syntax.flag-value',
    `${shown(word)} is not a label selector such as app=checkout,tier!=cache. Write one of that form.`,
  );
}

export function readFieldSelector(word: string | undefined): Parsed<string | undefined> {
  if (word === undefined) return ok(undefined);
  if (word.split(',').every((requirement) => fieldRequirement.test(requirement))) return ok(word);
  return refuse(
    'syntax.flag-value',
    `${shown(word)} is not a field selector such as status.phase=Pending. Write one of that form.`,
  );
}

/** A whole number from `min` to `max`, in decimal digits. */
export function readInteger(flags: Flags, name: string, min: number, max: number): Parsed<number | undefined> {
  const word = flags.get(name);
  if (word === undefined) return ok(undefined);
  const value = /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN;
  if (value >= min && value <= max) return ok(value);
  return refuse('syntax.flag-value', `--${name} must be a whole number from ${min} to ${max}, and is ${shown(word)}.`);
}

const durationParts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;

/** A duration as Go writes it, in whole seconds: `90s`, `1h30m`. */
export function readSeconds(flags: Flags, name: string): Parsed<number | undefined> {
  const word = flags.get(name);
  if (word === undefined) return ok(undefined);
  const [, hours = '0', minutes = '0', seconds = '0'] = durationParts.exec(word) ?? [];
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (total > 0) return ok(total);
  return refuse(
    'syntax.flag-value',
    `--${name} must be a duration of whole seconds such as 90s, 10m or 1h30m, and is ${shown(word)}.`,
  );
}

/** A stranger's word in a sentence: short, marked as such. */
export function shown(word: string): string {
  return `\`${word.length > 60 ? `${word.slice(0, 60)}…` : word}\``;
}
