import { expect, it } from 'vitest';
import { checksOfPage } from '../../../src/core/diagnosis/health-page.ts';

it('reads the checks of a verbose health page', () => {
  const body =
    '[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/crd-informer-synced ok\nreadyz check failed\n';
  expect(checksOfPage('/readyz', body)).toEqual([
    { page: '/readyz', check: 'ping', ok: true, detail: 'ok' },
    { page: '/readyz', check: 'etcd', ok: false, detail: 'failed: reason withheld' },
    { page: '/readyz', check: 'poststarthook/crd-informer-synced', ok: true, detail: 'ok' },
  ]);
});

it.each(['', 'ok', '<html>', '[x]what', '[+]'])('finds none in %j', (body) => {
  expect(checksOfPage('/readyz', body)).toEqual([]);
});
