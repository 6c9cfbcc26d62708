import { isRecord, type WireRecord } from '../../cluster/wire.ts';
import { isPlaceholder, type Mask } from './placeholder.ts';
import { isSecretName } from './secret-names.ts';

type Tools = { readonly mask: Mask; readonly redactText: (text: string) => string };

const maxDepth = 64;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
// Fields whose name sounds secret and whose value is a reference, by the API's own definition.
const referenceFields: ReadonlySet<string> = new Set(['imagePullSecrets', 'secretRef', 'secretKeyRef']);

/** Masks by place first, then by text. Maps keep their keys, lists their length; what is nested deeper than 64 is cut off. */
export function redactStructure(value: unknown, tools: Tools): unknown {
  return redactValue(value, tools, 0);
}

function redactValue(value: unknown, tools: Tools, depth: number): unknown {
  if (depth > maxDepth) return '[CUT: nested too deep]';
  if (typeof value === 'string') return tools.redactText(value);
  if (Array.isArray(value)) return redactList(value, tools, depth);
  if (!isRecord(value)) return value;
  const isSecret = value.kind === 'Secret';
  return mapEntries(value, (key, member) => {
    if (isSecret && (key === 'data' || key === 'stringData'))
      return maskAll(member, 'secret-data', tools.mask, depth + 1);
    // Members of a typed list carry no kind of their own.
    if (value.kind === 'SecretList' && key === 'items' && Array.isArray(member)) {
      return member.map((item) => redactValue(isRecord(item) ? { ...item, kind: 'Secret' } : item, tools, depth + 1));
    }
    if (key === lastApplied) return maskOne(member, 'last-applied', tools.mask);
    if (key === 'env' && Array.isArray(member))
      return member.map((variable) => redactVariable(variable, tools, depth + 2));
    if (key === 'auths' || key === '.dockerconfigjson' || key === '.dockercfg')
      return maskAll(member, 'registry-auth', tools.mask, depth + 1);
    if (!referenceFields.has(key) && isSecretName(key) && (typeof member === 'string' || typeof member === 'number')) {
      return maskOne(member, 'value', tools.mask);
    }
    return redactValue(member, tools, depth + 1);
  });
}

function redactList(list: readonly unknown[], tools: Tools, depth: number): unknown[] {
  return list.map((member, index) => {
    const before = list[index - 1];
    // Arguments of a command: the flag in one element, its secret in the next.
    const isFlagValue =
      typeof member === 'string' &&
      typeof before === 'string' &&
      /^--?[A-Za-z][\w.-]{0,127}$/.test(before) &&
      isSecretName(before) &&
      !member.startsWith('-');
    return isFlagValue ? maskOne(member, 'value', tools.mask) : redactValue(member, tools, depth + 1);
  });
}

// A variable's value is masked unless it is an address: that is what a diagnosis of a dependency needs, and it is cleared of credentials.
function redactVariable(variable: unknown, tools: Tools, depth: number): unknown {
  if (!isRecord(variable)) return redactValue(variable, tools, depth);
  return mapEntries(variable, (key, member) => {
    if (key !== 'value') return redactValue(member, tools, depth);
    if (typeof member !== 'string') return maskAll(member, 'env', tools.mask, depth);
    const name = typeof variable.name === 'string' ? variable.name : '';
    const address = isSecretName(name) ? undefined : addressOf(member);
    return address === undefined ? maskOne(member, 'env', tools.mask) : tools.redactText(address);
  });
}

const hostPort = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]):\d{1,5}$/;
const plainUrl = /^([A-Za-z][A-Za-z0-9+.-]{1,30}:\/\/)([^\s/?#]*)([^\s?#]*)/;

/** `host:port`, or a URL without user info, query and fragment; undefined for anything else. */
function addressOf(value: string): string | undefined {
  if (hostPort.test(value)) return value;
  const parts = plainUrl.exec(value);
  if (parts === null || /\s/.test(value)) return undefined;
  const [, scheme = '', authority = '', path = ''] = parts;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  // An @ behind the authority is the rest of a password with a slash in it.
  return host === '' || path.includes('@') ? undefined : scheme + host + path;
}

function maskOne(value: unknown, kind: string, mask: Mask): unknown {
  if (value === null || value === undefined || value === '') return value;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return isPlaceholder(text) ? text : mask(kind, text);
}

function maskAll(value: unknown, kind: string, mask: Mask, depth: number): unknown {
  if (depth > maxDepth) return '[CUT: nested too deep]';
  if (Array.isArray(value)) return value.map((member) => maskAll(member, kind, mask, depth + 1));
  if (isRecord(value)) return mapEntries(value, (_key, member) => maskAll(member, kind, mask, depth + 1));
  return maskOne(value, kind, mask);
}

// Through entries, so that a key called `__proto__` stays a key.
function mapEntries(record: WireRecord, change: (key: string, member: unknown) => unknown): WireRecord {
  return Object.fromEntries(Object.entries(record).map(([key, member]) => [key, change(key, member)]));
}
