import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Change } from './changes.ts';
import type { Hands } from './hands.ts';
import type { Listeners } from './listeners.ts';
import { pageActSchema, performPageAct } from './page-acts.ts';
import { pageChange, workspaceState } from './page-state.ts';
import type { Services } from './web-api/method.ts';

/** One scenario of the picker. `state` is free text such as `ready` or `running`. */
type ScenarioCard = {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly state: string;
};
export type ScenarioControls = { list(): Promise<ScenarioCard[]>; start(name: string): Promise<void> };

const assetTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

const pageHeaders = {
  // Message text comes from strangers: even if the page made a mistake with it, nothing but our own files may run.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The page's own routes: its files, the state of the workspace, live changes, and acts, which go through `handsOf`. */
export function createPageServer(input: {
  services: Services;
  changes: Listeners<Change>;
  handsOf: (personId: string) => Hands | undefined;
  controls: ScenarioControls | undefined;
  signal: AbortSignal;
}): Hono {
  const { services, changes, handsOf, controls } = input;
  const hono = new Hono();
  const asset = async (name: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    // Names are matched whole, so no path can leave the folder.
    if (!/^[a-z][a-z-]*\.(?:js|css|svg|html)$/.test(name)) return undefined;
    return readFile(new URL(`./page/${name}`, import.meta.url))
      .then((bytes) => new Uint8Array(bytes))
      .catch(() => undefined);
  };

  hono.get('/', async (c) =>
    c.body((await asset('index.html')) ?? 'The page is missing from this installation.', 200, {
      ...pageHeaders,
      'content-type': 'text/html; charset=utf-8',
    }),
  );
  hono.get('/page/assets/:name', async (c) => {
    const name = c.req.param('name');
    const bytes = await asset(name);
    const type = assetTypes[name.split('.').at(-1) ?? ''];
    return bytes === undefined || type === undefined
      ? c.text('There is no such file.', 404)
      : c.body(bytes, 200, { ...pageHeaders, 'content-type': type });
  });
  hono.get('/page/state', (c) => c.json(workspaceState(services), 200, pageHeaders));
  hono.get('/page/changes', (c) =>
    streamSSE(c, async (stream) => {
      const queue: Change[] = [];
      let wake = (): void => {};
      const remove = changes.add((change) => {
        queue.push(change);
        wake();
      });
      const end = (): void => wake();
      stream.onAbort(end);
      input.signal.addEventListener('abort', end, { once: true });
      await stream.writeSSE({ event: 'ready', data: '{}' });
      while (!stream.aborted && !input.signal.aborted) {
        const next = queue.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (queue.length > 0 || input.signal.aborted) resolve();
          });
        } else {
          const data = pageChange(next, services);
          if (data !== undefined) await stream.writeSSE({ data: JSON.stringify(data) });
        }
      }
      remove();
      input.signal.removeEventListener('abort', end);
    }),
  );
  hono.post('/page/act', async (c) => {
    const parsed = pageActSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success)
      return c.json(
        {
          visible: 'failure',
          text: 'The page sent something the workspace does not understand. Nothing was done; reload the page.',
        },
        400,
      );
    const hands = handsOf(parsed.data.person);
    if (hands === undefined)
      return c.json(
        { visible: 'failure', text: 'There is no such person here. Nothing was done; choose another one.' },
        404,
      );
    return c.json(await performPageAct(hands, parsed.data));
  });
  hono.get('/page/scenarios', async (c) => {
    if (controls === undefined) return c.json({ scenarios: [] });
    const listed = await controls
      .list()
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    return listed instanceof Error
      ? c.json({ scenarios: [], error: `The scenarios cannot be listed: ${listed.message}` })
      : c.json({ scenarios: listed });
  });
  hono.post('/page/scenarios/:name/start', async (c) => {
    if (controls === undefined) return c.json({ error: 'There are no scenarios here. Nothing was started.' }, 404);
    const name = c.req.param('name');
    const failed = await controls
      .start(name)
      .then(() => undefined)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    return failed === undefined
      ? c.json({ started: name })
      : c.json({ error: `The scenario was not started: ${failed}` }, 409);
  });
  hono.get('/files/:id/:name', (c) => {
    const file = services.files.find(c.req.param('id'));
    if (file === undefined) return c.text('There is no such file.', 404);
    // Always offered as a download and never as a page: an uploaded HTML export must not run in this origin.
    return c.body(new Uint8Array(file.content), 200, {
      'content-type': file.mimetype === 'text/html' ? 'text/plain; charset=utf-8' : file.mimetype,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });
  return hono;
}
