import { type Address, addressesOf, isHostName } from '../../cluster/address.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { at, listAt, recordsAt, stringsAt, textAt } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import type { DeclaredContainer } from '../runtime/declared-container.ts';
import { scriptHostsOf } from './script-hosts.ts';

/** One value that a container is given, and what must change for it to change. */
export type Setting = {
  /** The variable, the flag, or the key in a file: `DB_HOST`, `--db-host`, `spring.datasource.url`. */
  readonly name: string;
  readonly value: string;
  readonly object: ObjectRef;
  readonly holder: WireObject | undefined;
  readonly path: string;
};

/** A setting that says where something is. */
export type AddressSetting = Setting & {
  readonly address: Address;
  /** The setting that gives the port, when another one does. */
  readonly portFrom: Setting | undefined;
};

/** A variable that is filled from a Secret: which, never what. */
export type SecretSetting = {
  readonly name: string;
  readonly secret: string;
  readonly key: string | undefined;
  readonly path: string;
};

export type Settings = {
  readonly plain: readonly Setting[];
  readonly addresses: readonly AddressSetting[];
  readonly secrets: readonly SecretSetting[];
};

const maxFileLength = 64_000;
const maxFileLines = 1500;

/**
 * What a container is configured with, as far as objects say it: its environment, ConfigMaps (as variables and as mounted files), arguments. A value given twice counts
 * as the API does: `env` over `envFrom`.
 */
export function settingsOf(
  view: ClusterView,
  workload: Workload,
  pod: WireObject,
  declared: DeclaredContainer,
): Settings {
  const { record, path, podSpec } = declared;
  const namespace = pod.metadata.namespace ?? '';
  const owner = workload.object ?? pod;
  const configMap = (name: string | undefined) =>
    name === undefined ? undefined : view.get(knownRef('ConfigMap', namespace, name));
  const variables = new Map<string, Setting>();
  const secrets: SecretSetting[] = [];
  for (const { index, record: source } of recordsAt(record, 'envFrom')) {
    const prefix = textAt(source, 'prefix') ?? '';
    const map = configMap(textAt(source, 'configMapRef', 'name'));
    if (map !== undefined) {
      for (const [key, value] of Object.entries(stringsAt(map, 'data')))
        variables.set(prefix + key, {
          name: prefix + key,
          value,
          object: refOf(map),
          holder: map,
          path: dataPath(key),
        });
    }
    const secret = textAt(source, 'secretRef', 'name');
    if (secret !== undefined)
      secrets.push({ name: `${prefix}*`, secret, key: undefined, path: `${path}.envFrom[${index}].secretRef` });
  }
  for (const { index, record: variable } of recordsAt(record, 'env')) {
    const name = textAt(variable, 'name');
    if (name === undefined) continue;
    const value = textAt(variable, 'value');
    const here = `${path}.env[${index}]`;
    if (value !== undefined) {
      const whole = expand(value, variables);
      variables.set(name, { name, value: whole, object: workload.ref, holder: owner, path: `${here}.value` });
      continue;
    }
    const fromMap = at(variable, 'valueFrom', 'configMapKeyRef');
    const map = configMap(textAt(fromMap, 'name'));
    const key = textAt(fromMap, 'key') ?? '';
    const mapped = textAt(map, 'data', key);
    if (map !== undefined && mapped !== undefined)
      variables.set(name, { name, value: mapped, object: refOf(map), holder: map, path: dataPath(key) });
    const fromSecret = at(variable, 'valueFrom', 'secretKeyRef');
    const secret = textAt(fromSecret, 'name');
    if (secret !== undefined)
      secrets.push({ name, secret, key: textAt(fromSecret, 'key'), path: `${here}.valueFrom.secretKeyRef` });
  }
  const plain = [
    ...variables.values(),
    ...argumentsOf(record, path, workload.ref, owner, variables, namespace),
    ...filesOf(record, podSpec, configMap),
  ];
  return { plain, addresses: addressSettings(plain), secrets };
}

function dataPath(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `data.${key}` : `data["${key}"]`;
}

// `$(NAME)` stands for a variable that was declared before.
function expand(value: string, variables: ReadonlyMap<string, Setting>): string {
  return value
    .slice(0, 4096)
    .replace(/\$\(([A-Za-z_][A-Za-z0-9_.-]{0,200})\)/g, (whole, name: string) => variables.get(name)?.value ?? whole);
}

// `$NAME`, `${NAME}` and `${NAME:-default}`, as a shell would see the container's own variables.
function expandShell(script: string, variables: ReadonlyMap<string, Setting>): string {
  return script
    .slice(0, 4096)
    .replace(
      /\$(?:([A-Za-z_][A-Za-z0-9_]{0,100})|\{([A-Za-z_][A-Za-z0-9_]{0,100})(?::?-([^{}\s]{0,200}))?\})/g,
      (whole, plain: string | undefined, braced: string | undefined, otherwise: string | undefined) =>
        variables.get(plain ?? braced ?? '')?.value ?? otherwise ?? whole,
    )
    .replace(/["'](?=[A-Za-z0-9._-]{1,253}["'])|(?<=[A-Za-z0-9._-])["']/g, '');
}

/** `--db-host=db`, `--db-host db`, addresses that stand by themselves, and the hosts that a script asks. */
function argumentsOf(
  record: unknown,
  path: string,
  object: ObjectRef,
  holder: WireObject,
  variables: ReadonlyMap<string, Setting>,
  namespace: string,
): readonly Setting[] {
  return (['command', 'args'] as const).flatMap((field) => {
    const words = listAt(record, field).slice(0, 200);
    return words.flatMap((word, index): Setting[] => {
      if (typeof word !== 'string' || word.length > 2048) return [];
      const here = { object, holder, path: `${path}.${field}[${index}]` };
      const flag = /^--?([A-Za-z][A-Za-z0-9._-]{0,80})=(.+)$/.exec(word);
      if (flag !== null) return [{ name: flag[1] ?? '', value: expand(flag[2] ?? '', variables), ...here }];
      const before = words[index - 1];
      // A script: what it asks by itself stands in no setting.
      const asked = /\s/.test(word) ? scriptHostsOf(expandShell(expand(word, variables), variables), namespace) : [];
      if (asked.length > 0) return asked.map(({ program, value }) => ({ name: `${program}-host`, value, ...here }));
      const name = typeof before === 'string' ? /^--?([A-Za-z][A-Za-z0-9._-]{0,80})$/.exec(before)?.[1] : undefined;
      if (name !== undefined && !word.startsWith('-')) return [{ name, value: expand(word, variables), ...here }];
      if (/^[a-z][a-z0-9+.-]{1,30}:\/\//i.test(word))
        return [{ name: 'argument', value: expand(word, variables), ...here }];
      return [];
    });
  });
}

/** The lines of ConfigMaps that the container mounts: `key: value`, `key = value`, with the keys above them in YAML. */
function filesOf(
  record: unknown,
  podSpec: unknown,
  configMap: (name: string | undefined) => WireObject | undefined,
): readonly Setting[] {
  const mounted = new Set(
    recordsAt(record, 'volumeMounts').flatMap(({ record: mount }) => textAt(mount, 'name') ?? []),
  );
  const names = recordsAt(podSpec, 'volumes').flatMap(({ record: volume }) => {
    if (!mounted.has(textAt(volume, 'name') ?? '')) return [];
    const projected = recordsAt(volume, 'projected', 'sources').flatMap(
      ({ record: one }) => textAt(one, 'configMap', 'name') ?? [],
    );
    return [...projected, ...[textAt(volume, 'configMap', 'name')].flatMap((name) => name ?? [])];
  });
  return [...new Set(names)].flatMap((name) => {
    const map = configMap(name);
    return map === undefined
      ? []
      : Object.entries(stringsAt(map, 'data')).flatMap(([key, text]) =>
          linesOf(text).map((line) => ({ ...line, object: refOf(map), holder: map, path: dataPath(key) })),
        );
  });
}

function linesOf(text: string): readonly { readonly name: string; readonly value: string }[] {
  const found: { name: string; value: string }[] = [];
  const above: { indent: number; key: string }[] = [];
  for (const line of text.slice(0, maxFileLength).split('\n', maxFileLines)) {
    const match =
      /^(\s{0,60})(?:- )?["']?([A-Za-z_][A-Za-z0-9_.-]{0,100})["']?\s{0,8}[:=](?!\/)\s{0,8}(.{0,1000})$/.exec(
        line.trimEnd(),
      );
    if (match === null) {
      const section = /^\[([A-Za-z0-9_.-]{1,80})\]$/.exec(line.trim())?.[1];
      if (section !== undefined) above.splice(0, above.length, { indent: -1, key: section });
      continue;
    }
    const indent = match[1]?.length ?? 0;
    const key = match[2] ?? '';
    const value = (match[3] ?? '')
      .trim()
      .replace(/,$/, '')
      .replace(/^(["'])(.*)\1$/, '$2');
    while ((above.at(-1)?.indent ?? -2) >= indent) above.pop();
    if (value === '' || value === '{') above.push({ indent, key });
    else found.push({ name: [...above.map((one) => one.key), key].join('.'), value });
  }
  return found;
}

function addressSettings(settings: readonly Setting[]): readonly AddressSetting[] {
  const ports = new Map<string, Setting>();
  for (const setting of settings) {
    const stem = /^(.*?)[_.-]?port$/i.exec(setting.name)?.[1];
    if (stem !== undefined && /^\d{1,5}$/.test(setting.value.trim())) ports.set(stem.toLowerCase(), setting);
  }
  return settings.flatMap((setting) =>
    addressesOf(setting.name, setting.value).map((address): AddressSetting => {
      const portFrom =
        address.port === undefined && isHostName(setting.name) ? ports.get(stemOf(setting.name)) : undefined;
      const port = address.port ?? (portFrom === undefined ? undefined : Number(portFrom.value.trim()));
      return { ...setting, address: { ...address, port }, portFrom };
    }),
  );
}

/** What a name says besides that it is a host: `DB_HOST` → `db`, `PGHOST` → `pg`, `redis.cache.addr` → `redis.cache`. */
export function stemOf(name: string): string {
  return name
    .toLowerCase()
    .replace(
      /[_.-]?(?:host|hostname|hosts|server|servers|addr|address|endpoint|url|uri|dsn|broker|brokers|user|username|password|passwd|pass|pwd|port)s?$/,
      '',
    );
}
