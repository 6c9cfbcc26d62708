import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/adapters/catalog-files/read-catalog.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('reading the catalog', () => {
  const folder = temporaryFolders();

  it('takes our own form and entities of Backstage, each beside the other', async () => {
    const dir = await folder();
    await writeFile(join(dir, 'catalog.yaml'), 'services:\n  - name: web\n    dependsOn: [orders]\n');
    await writeFile(
      join(dir, 'catalog-info.yaml'),
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: orders }\nspec: { owner: team-b }\n---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: { name: team-b }\n',
    );
    const { catalog, problems } = await readCatalog(dir);
    expect(catalog.services.map(({ name }) => name)).toEqual(['web', 'orders']);
    expect(problems).toEqual([]);
  });

  it('is empty without a file', async () => {
    expect(await readCatalog(await folder())).toEqual({ catalog: { services: [] }, problems: [] });
  });

  it.each([
    ['no YAML', 'services: [', 'is no YAML'],
    ['a field that is not there', 'services:\n  - name: web\n    depends: [x]\n', 'services.0'],
    ['aliases that multiply', 'a: &a [x, x]\nb: [*a, *a]\n', 'not used'],
  ])('says what it did not understand: %s', async (_what, text, says) => {
    const dir = await folder();
    await writeFile(join(dir, 'catalog.yaml'), text);
    const { catalog, problems } = await readCatalog(dir);
    expect(catalog.services).toEqual([]);
    expect(problems.join()).toContain(says);
  });

  it('reads the catalog that comes with the project', async () => {
    const { catalog, problems } = await readCatalog(new URL('../../../runbooks', import.meta.url).pathname);
    expect(problems).toEqual([]);
    expect(catalog.services.length).toBeGreaterThan(0);
  });
});
