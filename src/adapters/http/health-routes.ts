import { Hono } from 'hono';

/** `/healthz`: the process answers. `/readyz`: it takes signals (the journal is open, Slack was reached once). */
export function healthRoutes({ isReady }: { readonly isReady: () => boolean }): Hono {
  return new Hono()
    .get('/healthz', (context) => context.text('ok'))
    .get('/readyz', (context) => (isReady() ? context.text('ok') : context.text('not ready', 503)));
}
