import type { HealthCheck } from './observations.ts';

const line = /^\[([+-])\]\s?(\S{1,200})\s?(.{0,300})$/;
const maxChecks = 300;

/**
 * The checks of an API server's verbose health page: `[+]ping ok`, `[-]etcd failed: reason withheld`, `[+]poststarthook/crd-informer-synced ok`. The last line
 * (`readyz check failed`) is no check.
 */
export function checksOfPage(page: string, body: string): readonly HealthCheck[] {
  return body
    .slice(0, 200_000)
    .split('\n', 2000)
    .flatMap((text): HealthCheck[] => {
      const match = line.exec(text.trim());
      const [, sign, check, detail = ''] = match ?? [];
      return check === undefined ? [] : [{ page, check, ok: sign === '+', detail: detail.trim() }];
    })
    .slice(0, maxChecks);
}
