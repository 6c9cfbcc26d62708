import { type Fields, isFields } from './fields.ts';

const maxDepth = 64;
const mask = '<masked>';

// What a last apply or a controller wrote down holds a second copy of the manifest, environment values included.
const droppedAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'control-plane.alpha.kubernetes.io/leader',
]);

/**
 * A copy of a wire object that can be shown: environment values masked by structure (an address or a URL is kept, without user
 * information and query), contents of Secrets and ConfigMaps replaced by their size, managed fields and applied manifests left out.
 * It does not look for secrets in other text; that is the redaction's part, later.
 */
export function maskObject(object: unknown): unknown {
  const kind = isFields(object) ? object.kind : undefined;
  return maskValue(object, '', kind === 'Secret' || kind === 'ConfigMap', 0);
}

function maskValue(value: unknown, key: string, hidesData: boolean, depth: number): unknown {
  if (depth > maxDepth) return '<too deep>';
  if (Array.isArray(value)) {
    return value.map((item) => (key === 'env' ? maskEnvVar(item) : maskValue(item, '', hidesData, depth + 1)));
  }
  if (!isFields(value)) return value;
  const isContent = hidesData && (key === 'data' || key === 'stringData' || key === 'binaryData');
  if (isContent) return mapFields(value, (_, content) => sizeOf(content));
  return mapFields(value, (name, inner) => {
    if (name === 'managedFields' || (key === 'annotations' && droppedAnnotations.has(name))) return undefined;
    return maskValue(inner, name, hidesData, depth + 1);
  });
}

function mapFields(fields: Fields, change: (name: string, value: unknown) => unknown): Fields {
  const entries = Object.entries(fields).map(([name, value]) => [name, change(name, value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function sizeOf(content: unknown): string {
  return typeof content === 'string' ? `<${content.length} characters>` : mask;
}

function maskEnvVar(variable: unknown): unknown {
  if (!isFields(variable)) return mask;
  if (!('value' in variable)) return variable;
  return { ...variable, value: typeof variable.value === 'string' ? maskEnvValue(variable.value) : mask };
}

const hostAndPort = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?:\d{1,5}$/;
const url = /^([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^/?#]*@)?([A-Za-z0-9.:[\]_-]{1,260})(\/[^?#]*)?(?:[?#].*)?$/;

/** An environment value that is an address stays readable, because wrong addresses are a cause; every other value is masked. */
export function maskEnvValue(value: string): string {
  if (value === '') return '';
  if (hostAndPort.test(value)) return value;
  const [, scheme, host, path = ''] = url.exec(value) ?? [];
  return scheme === undefined || host === undefined ? mask : `${scheme}${host}${path}`;
}
