import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { badImageShop, crashShop, now, oomShop } from '../../support/shop-objects.ts';

describe('docs/findings.md', () => {
  const text = readFileSync(new URL('../../../docs/findings.md', import.meta.url), 'utf8');

  it('describes every code that can be found, and no other', () => {
    const described = [...text.matchAll(/^## `([a-z-]+)`$/gm)].map(([, code]) => code);
    const redactor = createRedactor({ key: 'test' });
    const found = [badImageShop(), oomShop(), crashShop()].flatMap(
      (objects) => diagnose(createClusterView(objects), { namespace: 'shop' }, { now, missing: [], redactor }).findings,
    );
    expect(described.toSorted()).toEqual([...new Set(found.map(({ code }) => code))].toSorted());
  });
});
