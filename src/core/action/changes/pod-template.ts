import { z } from 'zod';
import { digestOf } from '../../digest.ts';
import { isJsonObject, type JsonObject, jsonObjectSchema, onOneLine } from './wire.ts';

const hashLabel = 'pod-template-hash';

/** A pod template without the label that the Deployment controller adds to its ReplicaSets' templates, otherwise the same. */
export function withoutHash(template: JsonObject): JsonObject {
  const { metadata } = template;
  if (!isJsonObject(metadata) || !isJsonObject(metadata.labels) || !(hashLabel in metadata.labels)) return template;
  const { [hashLabel]: _hash, ...labels } = metadata.labels;
  return { ...template, metadata: { ...metadata, labels } };
}

/** One digest for a template, whether it is read from a Deployment or from one of its ReplicaSets. */
export function templateDigest(template: JsonObject): string {
  return digestOf(withoutHash(template));
}

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string() })).optional(),
  resources: jsonObjectSchema.optional(),
});
const podSpecSchema = z.looseObject({
  containers: z.array(containerSchema).min(1),
  initContainers: z.array(containerSchema).optional(),
});

/** A container of a template and the JSON pointer to it, from the Deployment's root. */
export type TemplateContainer = z.infer<typeof containerSchema> & {
  readonly pointer: string;
  readonly index: number;
  readonly list: 'containers' | 'initContainers';
};

/** All containers of a template, ordinary ones first; `null` when the template has no readable ones. */
export function containersOf(template: JsonObject): TemplateContainer[] | null {
  const spec = podSpecSchema.safeParse(template.spec);
  if (!spec.success) return null;
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec.data[list] ?? []).map((container, index) => ({
      ...container,
      list,
      index,
      pointer: `/spec/template/spec/${list}/${index}`,
    })),
  );
}

/** A template in a few words for people: its images, and the start of its digest, because two templates can share an image. */
export function summarizeTemplate(template: JsonObject): string {
  const containers = (containersOf(template) ?? []).filter(({ list }) => list === 'containers');
  const images = containers.slice(0, 4).map(({ image }) => onOneLine(image ?? 'none'));
  const more = containers.length > images.length ? `, and ${containers.length - images.length} more` : '';
  const which = images.length === 1 ? `image ${images[0]}` : `images ${images.join(', ')}${more}`;
  return `${containers.length === 0 ? 'no readable containers' : which} (template ${templateDigest(template).slice(0, 8)})`;
}
