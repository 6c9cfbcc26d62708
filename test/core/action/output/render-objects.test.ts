import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { maskEnvValue, maskObject } from '../../../../src/core/action/output/mask.ts';
import { boundText } from '../../../../src/core/action/output/read-output.ts';
import { renderObjects } from '../../../../src/core/action/output/render-objects.ts';
import { toYaml } from '../../../../src/core/action/output/yaml.ts';
import { findResourceType, type ResourceTypeEntry } from '../../../../src/core/cluster/resource-types.ts';
import { now, wire } from './wire.ts';

function typeOf(word: string): ResourceTypeEntry {
  const type = findResourceType(word);
  if (type === undefined) throw new Error(`no such type: ${word}`);
  return type;
}

const secretive = wire(
  'Deployment',
  'checkout',
  {
    spec: {
      template: {
        metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2', team: 'shop' } },
        spec: {
          containers: [
            {
              name: 'app',
              env: [
                { name: 'DB', value: 'hunter2' },
                { name: 'URL', value: 'https://u:hunter2@db:5432/x?token=hunter2' },
                { name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
                'odd',
              ],
            },
          ],
        },
      },
    },
  },
  {
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"hunter2":1}' },
    managedFields: [{ manager: 'hunter2' }],
  },
);

describe('maskObject', () => {
  it('takes out environment values, applied manifests and managed fields, and keeps the rest', () => {
    const masked = JSON.stringify(maskObject(secretive));
    expect(masked).not.toContain('hunter2');
    expect(masked).toContain('"https://db:5432/x"');
    expect(masked).toContain('"team":"shop"');
    expect(masked).toContain('"secretKeyRef":{"name":"s","key":"k"}');
  });

  it.each(['Secret', 'ConfigMap'])('shows no contents of a %s', (kind) => {
    const masked = JSON.stringify(
      maskObject(
        wire(kind, 'x', { data: { a: 'hunter2' }, stringData: { b: 'hunter2' }, binaryData: { c: 'hunter2', d: 7 } }),
      ),
    );
    expect(masked).not.toContain('hunter2');
    expect(masked).toContain('<7 characters>');
  });

  it('survives an object nested without end', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 5000; level += 1) deep = { deep };
    expect(JSON.stringify(maskObject(deep))).toContain('too deep');
  });

  it.each([
    ['', ''],
    ['db.shop:5432', 'db.shop:5432'],
    ['postgres://user:pass@db:5432/shop?sslmode=off', 'postgres://db:5432/shop'],
    ['postgres://user:p@ss@db/shop', 'postgres://db/shop'],
    ['http://checkout.shop.svc', 'http://checkout.shop.svc'],
    ['hunter2', '<masked>'],
    ['user:password', '<masked>'],
    ['true', '<masked>'],
  ])('keeps of %s only the address: %s', (value, expected) => {
    expect(maskEnvValue(value)).toBe(expected);
  });
});

describe('renderObjects', () => {
  const pods = [wire('Pod', 'a'), wire('Pod', 'b')];

  it('prints names with their group', () => {
    const output = renderObjects(typeOf('pods'), pods, 'name', { now, isSingle: false });
    expect(output.text).toBe('pod/a\npod/b');
    expect(renderObjects(typeOf('deploy'), [secretive], 'name', { now, isSingle: true }).text).toBe(
      'deployment.apps/checkout',
    );
  });

  it('prints a List of several as JSON and as YAML, with the rows of the table', () => {
    const json = renderObjects(typeOf('pods'), pods, 'json', { now, isSingle: false });
    expect(JSON.parse(json.text)).toMatchObject({
      kind: 'List',
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
    });
    expect(json.rows).toMatchObject([{ name: 'a', restarts: 0 }, { name: 'b' }]);
    const yaml = renderObjects(typeOf('pods'), pods, 'yaml', { now, isSingle: false });
    expect(load(yaml.text)).toEqual(JSON.parse(json.text));
  });

  it('prints one named object as itself, masked', () => {
    const output = renderObjects(typeOf('deploy'), [secretive], 'yaml', { now, isSingle: true });
    expect(load(output.text)).toMatchObject({ kind: 'Deployment' });
    expect(output.text).not.toContain('hunter2');
  });
});

describe('toYaml', () => {
  it('is read back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(load(toYaml(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('boundText', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`).join('\n');

  it('leaves a short text alone, but for the last line break', () => {
    expect(boundText('a\nb\n', 'start')).toEqual({ text: 'a\nb', truncated: false });
  });

  it('keeps the start or the end, and says how much is missing', () => {
    expect(boundText(lines(1003), 'start').text).toMatch(/^line 0\n[\s\S]*line 999\n… 3 more lines$/);
    expect(boundText(lines(1001), 'end').text).toMatch(/^… 1 earlier line\nline 1\n[\s\S]*line 1000$/);
  });

  it('bounds a single endless line', () => {
    const bounded = boundText('x'.repeat(1_000_000), 'end');
    expect(bounded.truncated).toBe(true);
    expect(bounded.text.length).toBeLessThan(70_000);
  });
});
