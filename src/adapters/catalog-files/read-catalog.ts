import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { isEntity, serviceOfEntity } from '../../core/catalog/backstage.ts';
import { type Catalog, type CatalogService, catalogFileSchema } from '../../core/catalog/catalog.ts';

const files = ['catalog.yaml', 'catalog-info.yaml'] as const;
const maxBytes = 4 * 2 ** 20;

/**
 * Reads the catalog of services beside the runbooks: `catalog.yaml` (our own form, or Backstage entities) and `catalog-info.yaml` (Backstage). Without either it is empty.
 * `problems`: one sentence for each file or entry that was not understood; the rest is used.
 */
export async function readCatalog(
  folder: string,
): Promise<{ readonly catalog: Catalog; readonly problems: readonly string[] }> {
  const services: CatalogService[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const path = join(folder, file);
    const documents = await readDocuments(path, problems);
    for (const [index, document] of documents.entries()) {
      if (isEntity(document)) {
        const service = serviceOfEntity(document);
        if (service !== undefined) services.push(service);
        continue;
      }
      const parsed = catalogFileSchema.safeParse(document);
      if (parsed.success) services.push(...parsed.data.services);
      else
        problems.push(
          `${path}, document ${index + 1}: ${parsed.error.issues
            .slice(0, 3)
            .map(({ path: at, message }) => `${at.join('.') || 'document'}: ${message}`)
            .join('; ')}. It is not used.`,
        );
    }
  }
  return { catalog: { services }, problems };
}

async function readDocuments(path: string, problems: string[]): Promise<readonly unknown[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    problems.push(`${path} cannot be read. No catalog is used from it.`);
    return [];
  }
  if (text.length > maxBytes) {
    problems.push(`${path} is larger than 4 MiB. It is not used.`);
    return [];
  }
  try {
    return loadAll(text, { maxAliases: 0 }).filter((document) => document !== null && document !== undefined);
  } catch (error) {
    problems.push(
      `${path} is no YAML (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown error'}). It is not used.`,
    );
    return [];
  }
}
