import type { WireObject } from '../../cluster/object.ts';
import { at, numberAt, recordsAt, textAt } from '../../cluster/wire.ts';

/** One place where an Ingress names a Service. `path` leads to the `service` there. */
export type IngressBackend = {
  readonly path: string;
  readonly service: string;
  readonly port: number | string | undefined;
  readonly host: string | undefined;
  readonly urlPath: string | undefined;
  readonly pathType: string | undefined;
};

/** The Services an Ingress sends to: its default backend, and one for each path of its rules. */
export function ingressBackendsOf(ingress: WireObject): readonly IngressBackend[] {
  const read = (
    value: unknown,
    path: string,
    rule?: { host: string | undefined; record: unknown },
  ): IngressBackend[] => {
    const service = textAt(value, 'service', 'name');
    if (service === undefined) return [];
    return [
      {
        path: `${path}.service`,
        service,
        port: numberAt(value, 'service', 'port', 'number') ?? textAt(value, 'service', 'port', 'name'),
        host: rule?.host,
        urlPath: rule === undefined ? undefined : (textAt(rule.record, 'path') ?? '/'),
        pathType: rule === undefined ? undefined : textAt(rule.record, 'pathType'),
      },
    ];
  };
  return [
    ...read(at(ingress, 'spec', 'defaultBackend'), 'spec.defaultBackend'),
    ...recordsAt(ingress, 'spec', 'rules').flatMap(({ index: rule, record }) =>
      recordsAt(record, 'http', 'paths').flatMap(({ index, record: path }) =>
        read(at(path, 'backend'), `spec.rules[${rule}].http.paths[${index}].backend`, {
          host: textAt(record, 'host'),
          record: path,
        }),
      ),
    ),
  ];
}

const classAnnotation = 'kubernetes.io/ingress.class';

/** The class of an Ingress, and whether the older annotation names it. */
export function ingressClassOf(
  ingress: WireObject,
): { readonly name: string; readonly by: 'spec' | 'annotation' } | undefined {
  const name = textAt(ingress, 'spec', 'ingressClassName');
  if (name !== undefined) return { name, by: 'spec' };
  const annotated = ingress.metadata.annotations?.[classAnnotation];
  return annotated === undefined || annotated === '' ? undefined : { name: annotated, by: 'annotation' };
}

/** Whether a controller gave the Ingress an address, that is, takes care of it or once did. */
export function hasAddress(ingress: WireObject): boolean {
  return recordsAt(ingress, 'status', 'loadBalancer', 'ingress').length > 0;
}
