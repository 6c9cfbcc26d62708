import { z } from 'zod';

const name = z.string().min(1).max(253);

const serviceSchema = z.strictObject({
  name: name.describe('What people call it'),
  title: z.string().max(200).optional(),
  namespace: name.optional().describe('Where it runs; left out: wherever a workload of that name runs'),
  workload: name
    .optional()
    .describe('Name of its Deployment, StatefulSet or DaemonSet; left out: the name of the service'),
  owner: z.string().max(200).optional().describe('Team that owns it'),
  slos: z
    .array(
      z.strictObject({
        name,
        objective: z.number().positive().max(100).describe('Per cent'),
        window: z.string().max(20).default('30d'),
      }),
    )
    .default([]),
  dependsOn: z.array(name).default([]).describe('Services it needs, by name or namespace/name'),
});

/** `runbooks/catalog.yaml`: what is known of services besides what the cluster says. */
export const catalogFileSchema = z.strictObject({ services: z.array(serviceSchema) });
export type CatalogService = Readonly<z.infer<typeof serviceSchema>>;
export type Catalog = { readonly services: readonly CatalogService[] };

export const emptyCatalog: Catalog = { services: [] };

/** The entry for a workload or Service: by namespace and name where the entry has a namespace, else by name. */
export function serviceInCatalog(
  catalog: Catalog,
  object: { readonly namespace?: string | undefined; readonly name: string },
): CatalogService | undefined {
  const named = catalog.services.filter((service) => (service.workload ?? service.name) === object.name);
  return (
    named.find(({ namespace }) => namespace !== undefined && namespace === object.namespace) ??
    named.find(({ namespace }) => namespace === undefined)
  );
}

/** Who calls whom, as the topology takes it: names of workloads, with their namespace where it is known. */
export function callsOf(catalog: Catalog): readonly { readonly from: string; readonly to: string }[] {
  const placeOf = (service: CatalogService) =>
    service.namespace === undefined
      ? (service.workload ?? service.name)
      : `${service.namespace}/${service.workload ?? service.name}`;
  return catalog.services.flatMap((service) =>
    service.dependsOn.map((needed) => {
      const other = catalog.services.find((one) => one.name === needed || `${one.namespace}/${one.name}` === needed);
      return { from: placeOf(service), to: other === undefined ? needed : placeOf(other) };
    }),
  );
}

/** What people should know of a service: whose it is and what it promises. Undefined when the catalog says neither. */
export function saysOf({ owner, slos }: CatalogService): string | undefined {
  const parts = [
    ...(owner === undefined ? [] : [`owned by ${owner}`]),
    ...slos.slice(0, 3).map(({ name: slo, objective, window }) => `objective ${slo} ${objective} % over ${window}`),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}
