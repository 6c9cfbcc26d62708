import { at, booleanAt, recordsAt, textAt } from '../../cluster/wire.ts';

/**
 * One place where a pod spec asks for a ConfigMap or Secret (or one key of it). `path` is relative to the pod spec; `container` is whose environment it fills,
 * undefined for volumes; `volume` the volume's name.
 */
export type ConfigurationRef = {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly key: string | undefined;
  readonly path: string;
  readonly container: string | undefined;
  readonly volume: string | undefined;
  /** How people name the place: `variable DB_HOST of container app`, `volume config`. */
  readonly place: string;
};

/** Everything a pod spec cannot start without, in the order it is written; what is `optional: true` is left out. */
export function configurationRefsOf(podSpec: unknown): readonly ConfigurationRef[] {
  return [
    ...(['initContainers', 'containers'] as const).flatMap((list) =>
      recordsAt(podSpec, list).flatMap(({ index, record }) => environmentRefs(record, `${list}[${index}]`)),
    ),
    ...recordsAt(podSpec, 'volumes').flatMap(({ index, record }) => volumeRefs(record, `volumes[${index}]`)),
  ];
}

const kinds = [
  { kind: 'ConfigMap', all: 'configMapRef', one: 'configMapKeyRef', volume: 'configMap', name: 'name' },
  { kind: 'Secret', all: 'secretRef', one: 'secretKeyRef', volume: 'secret', name: 'secretName' },
] as const;

function environmentRefs(container: unknown, base: string): readonly ConfigurationRef[] {
  const name = textAt(container, 'name');
  const of = name === undefined ? '' : ` of container ${name}`;
  const whole = recordsAt(container, 'envFrom').flatMap(({ index, record }) =>
    kinds.flatMap(({ kind, all }) =>
      refsAt(record, all, 'name', { kind, path: `${base}.envFrom[${index}].${all}.name`, place: `envFrom${of}` }),
    ),
  );
  const single = recordsAt(container, 'env').flatMap(({ index, record }) =>
    kinds.flatMap(({ kind, one }) => {
      const path = `${base}.env[${index}].valueFrom.${one}`;
      const key = textAt(record, 'valueFrom', one, 'key');
      const place = `variable ${textAt(record, 'name') ?? `number ${index}`}${of}`;
      return refsAt(at(record, 'valueFrom'), one, 'name', { kind, path: `${path}.name`, place }).map((ref) => ({
        ...ref,
        key,
      }));
    }),
  );
  return [...whole, ...single].map((ref) => ({ ...ref, container: name }));
}

function volumeRefs(volume: unknown, base: string): readonly ConfigurationRef[] {
  const name = textAt(volume, 'name');
  const place = `volume ${name ?? base}`;
  const own = kinds.flatMap(({ kind, volume: field, name: nameField }) =>
    sourceRefs(at(volume, field), nameField, { kind, path: `${base}.${field}`, place }),
  );
  const projected = recordsAt(volume, 'projected', 'sources').flatMap(({ index, record }) =>
    kinds.flatMap(({ kind, volume: field }) =>
      sourceRefs(at(record, field), 'name', { kind, path: `${base}.projected.sources[${index}].${field}`, place }),
    ),
  );
  return [...own, ...projected].map((ref) => ({ ...ref, volume: name }));
}

type Where = Pick<ConfigurationRef, 'kind' | 'path' | 'place'>;

// A volume asks for the object, and for each key that its items name.
function sourceRefs(source: unknown, nameField: string, where: Where): readonly ConfigurationRef[] {
  const name = textAt(source, nameField);
  if (name === undefined || booleanAt(source, 'optional') === true) return [];
  const base = { ...where, name, container: undefined, volume: undefined };
  return [
    { ...base, key: undefined, path: `${where.path}.${nameField}` },
    ...recordsAt(source, 'items').flatMap(({ index, record }) => {
      const key = textAt(record, 'key');
      return key === undefined ? [] : [{ ...base, key, path: `${where.path}.items[${index}].key` }];
    }),
  ];
}

function refsAt(holder: unknown, field: string, nameField: string, where: Where): readonly ConfigurationRef[] {
  const name = textAt(holder, field, nameField);
  if (name === undefined || booleanAt(holder, field, 'optional') === true) return [];
  return [{ ...where, name, key: undefined, container: undefined, volume: undefined }];
}
