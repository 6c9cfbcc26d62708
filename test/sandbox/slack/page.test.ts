import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { caller, section, startWorkspace } from './local-workspace.ts';

const json = { 'content-type': 'application/json' };

/** A request with headers `fetch` would not let us set, such as Host. Resolves to the status. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  it('is served with a strict content security policy and loads nothing from elsewhere', async () => {
    const { at } = await startWorkspace();
    const response = await fetch(at.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await response.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => String(address));
    expect(addresses.filter((address) => !/^[/#]/.test(address))).toEqual([]);
    for (const address of addresses.filter((one) => one.startsWith('/')))
      expect((await fetch(new URL(address, at.url))).status).toBe(200);
  });

  it('builds what people wrote as text: no script of it sets HTML', async () => {
    const { at } = await startWorkspace();
    const seen = new Set<string>();
    const visit = async (name: string): Promise<void> => {
      if (seen.has(name)) return;
      seen.add(name);
      const source = await (await fetch(`${at.url}page/assets/${name}`)).text();
      expect(source, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
      for (const [, next] of source.matchAll(/from '\.\/([a-z-]+\.js)'/g)) await visit(String(next));
    };
    await visit('app.js');
    expect(seen.size).toBeGreaterThan(10);
  });

  it.each(['..%2fworkspace.ts', '%2e%2e%2fworkspace.ts', 'workspace.ts', 'index.html%00.js', 'nothing.js'])(
    'serves no file %s',
    async (name) => {
      const { at } = await startWorkspace();
      expect((await fetch(`${at.url}page/assets/${name}`)).status).toBe(404);
    },
  );

  it('answers only to its own host name', async () => {
    const { at } = await startWorkspace();
    const { host, port } = new URL(at.url);
    expect(await statusOf(at.url, { host })).toBe(200);
    expect(await statusOf(at.url, { host: `localhost:${port}` })).toBe(200);
    expect(await statusOf(at.url, { host: 'rebound.example.test' })).toBe(403);
    expect(await statusOf(at.url, { host: `rebound.example.test:${port}` })).toBe(403);
    expect(await statusOf(`${at.apiUrl}auth.test`, { host: 'rebound.example.test' })).toBe(403);
  });

  it('lets no page of another origin act', async () => {
    const { at, workspace } = await startWorkspace();
    const act = { method: 'POST', body: JSON.stringify({ act: 'say', person: 'U0ANA', channel: 'C0INC', text: 'x' }) };
    expect(
      (await fetch(`${at.url}page/act`, { ...act, headers: { ...json, origin: 'http://evil.example.test' } })).status,
    ).toBe(403);
    expect((await fetch(`${at.url}page/act`, { ...act, headers: { ...json, origin: 'null' } })).status).toBe(403);
    expect(workspace.messages('C0INC')).toEqual([]);
    expect(
      (await fetch(`${at.url}page/act`, { ...act, headers: { ...json, origin: at.url.replace(/\/$/, '') } })).status,
    ).toBe(200);
    expect(workspace.messages('C0INC')).toHaveLength(1);
  });

  it.each<[what: string, body: string, status: number]>([
    ['nonsense', '{', 400],
    ['an act nobody knows', JSON.stringify({ act: 'format', person: 'U0ANA' }), 400],
    ['a stray field', JSON.stringify({ act: 'open-home', person: 'U0ANA', extra: 1 }), 400],
    ['a wrong type', JSON.stringify({ act: 'say', person: 'U0ANA', channel: 7, text: 'x' }), 400],
    ['a person nobody knows', JSON.stringify({ act: 'open-home', person: 'U0NONE' }), 404],
  ])('answers %s with a visible failure', async (_what, body, status) => {
    const { at } = await startWorkspace();
    const response = await fetch(`${at.url}page/act`, { method: 'POST', headers: json, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('Nothing was done'),
    });
  });

  it('shows messages and views after a reload, but no ephemeral message', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    await call('chat.postMessage', { channel: 'C0INC', text: 'public' });
    await call('chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'whispered' });
    await call('views.publish', { user_id: 'U0ANA', view: { type: 'home', blocks: [section('at home')] } });
    const state = await (await fetch(`${at.url}page/state`)).text();
    expect(state).toContain('public');
    expect(state).toContain('at home');
    expect(state).not.toContain('whispered');
    expect(state).not.toContain(at.botToken);
  });

  it('hears of changes as they happen', async () => {
    const { at } = await startWorkspace();
    const stopping = new AbortController();
    const response = await fetch(`${at.url}page/changes`, { signal: stopping.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const until = async (text: string): Promise<void> => {
      while (!heard.includes(text)) heard += (await reader?.read())?.value ?? '';
    };
    await until('event: ready');
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'first words' });
    await until('first words');
    await call('chat.update', { channel: 'C0INC', ts, text: 'other words' });
    await until('other words');
    await call('chat.delete', { channel: 'C0INC', ts });
    await until('message-gone');
    stopping.abort();
  });

  it('gives files away as downloads that cannot run here', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    const { upload_url, file_id } = await call('files.getUploadURLExternal', { filename: 'report.html', length: 8 });
    await fetch(String(upload_url), { method: 'POST', body: '<script>' });
    const { files } = (await call('files.completeUploadExternal', {
      files: [{ id: file_id }],
      channel_id: 'C0INC',
    })) as unknown as { files: { url_private: string }[] };
    const response = await fetch(String(files[0]?.url_private));
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(await response.text()).toBe('<script>');
  });
});

describe('the scenario picker', () => {
  it('lists and starts what the controls offer, and says why it did not', async () => {
    const started: string[] = [];
    const controls = {
      list: async () => [
        {
          name: 'bad-image',
          title: 'A wrong image',
          story: 'It waits.',
          state: started.length > 0 ? 'running' : 'ready',
        },
      ],
      start: async (name: string) => {
        if (name !== 'bad-image') throw new Error('there is no such scenario');
        started.push(name);
      },
    };
    const { at } = await startWorkspace({ controls });
    const start = (name: string) => fetch(`${at.url}page/scenarios/${name}/start`, { method: 'POST' });
    expect(await (await fetch(`${at.url}page/scenarios`)).json()).toMatchObject({ scenarios: [{ state: 'ready' }] });
    expect((await start('bad-image')).status).toBe(200);
    expect(await (await fetch(`${at.url}page/scenarios`)).json()).toMatchObject({ scenarios: [{ state: 'running' }] });
    expect(await (await start('other')).json()).toMatchObject({
      error: expect.stringContaining('there is no such scenario'),
    });
    expect(started).toEqual(['bad-image']);
  });

  it('is empty without controls, and tells when they fail', async () => {
    const without = await startWorkspace();
    expect(await (await fetch(`${without.at.url}page/scenarios`)).json()).toEqual({ scenarios: [] });
    const failing = await startWorkspace({
      controls: { list: () => Promise.reject(new Error('out of reach')), start: async () => {} },
    });
    expect(await (await fetch(`${failing.at.url}page/scenarios`)).json()).toMatchObject({
      error: expect.stringContaining('out of reach'),
    });
  });
});
