import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { createEventWatch } from '../../../src/adapters/kubernetes/event-watch.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { textAt } from '../../../src/core/cluster/wire.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { WatchState } from '../../../src/ports/event-watch.ts';
import { createSimulatedCluster, type Manifest } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { namespace } from '../../sandbox/cluster/manifests.ts';
import { answerJson, answerStatus, startLocalServer } from '../../support/local-server.ts';
import { kubeconfigFor } from './kubeconfig.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const event = (name: string, more: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'shop' },
  involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'checkout-1', uid: 'u-1' },
  type: 'Warning',
  reason: 'BackOff',
  message: name,
  ...more,
});

/** A clock that remembers how long it was asked to pause, and pauses for a moment only. */
function hurried(): { readonly clock: Clock; readonly pauses: number[] } {
  const real = createSystemClock();
  const pauses: number[] = [];
  return {
    pauses,
    clock: {
      ...real,
      sleep: (ms, signal) => {
        if (ms > 0) pauses.push(ms);
        return real.sleep(Math.min(ms, 5), signal);
      },
    },
  };
}

async function following(kubeconfig: string, options: { readonly namespace?: string } = {}) {
  const connection = await openConnection({ from: 'text', text: kubeconfig });
  if (!connection.ok) throw new Error(connection.error.sentence);
  const heard: string[] = [];
  const states: WatchState[] = [];
  const ending = new AbortController();
  const { clock, pauses } = hurried();
  const watching = createEventWatch({ cluster: 'test', exchange: connection.value, clock }).watch({
    ...options,
    onEvent: (one: WireObject) => heard.push(textAt(one, 'message') ?? ''),
    onState: (state) => states.push(state),
    signal: ending.signal,
  });
  closing.push(async () => {
    ending.abort();
    await watching;
    connection.value.close();
  });
  const until = async (what: string, wanted: () => boolean) => {
    const deadline = performance.now() + 5_000;
    while (!wanted()) {
      if (performance.now() > deadline)
        throw new Error(`waited for ${what}; heard ${heard.join(', ')}; ${JSON.stringify(states)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { heard, states, pauses, until, ending, watching };
}

async function simulated() {
  const cluster = createSimulatedCluster({ name: 'test', objects: [namespace('shop'), namespace('bank')] });
  const { kubeconfigFor: forRole } = await cluster.start();
  closing.push(() => cluster.stop());
  return { cluster, kubeconfig: forRole('reader') };
}

describe('watching events of a cluster', () => {
  it('hears the Warnings that are there and each new one, and no Normal events', async () => {
    const { cluster, kubeconfig } = await simulated();
    cluster.apply(event('old'));
    cluster.apply(event('fine', { type: 'Normal' }));
    const { heard, states, until } = await following(kubeconfig);
    await until('the watch', () => states.length > 0);
    cluster.apply(event('fine too', { type: 'Normal', metadata: { name: 'fine-too', namespace: 'shop' } }));
    cluster.apply(event('new', { metadata: { name: 'new', namespace: 'bank' } }));
    await until('the new event', () => heard.includes('new'));
    expect(heard).toEqual(['old', 'new']);
    expect(states).toEqual([{ is: 'following' }]);
  });

  it('can be told to hear one namespace', async () => {
    const { cluster, kubeconfig } = await simulated();
    const { heard, states, until } = await following(kubeconfig, { namespace: 'bank' });
    await until('the watch', () => states.length > 0);
    cluster.apply(event('elsewhere'));
    cluster.apply(event('here', { metadata: { name: 'here', namespace: 'bank' } }));
    await until('the event', () => heard.length > 0);
    expect(heard).toEqual(['here']);
  });

  it('goes on where it was when the connection breaks, and loses nothing', async () => {
    const { cluster, kubeconfig } = await simulated();
    const { heard, states, until } = await following(kubeconfig);
    await until('the watch', () => states.length > 0);
    for (let index = 0; index < 5; index += 1) {
      cluster.faults.cutOpenWatches();
      cluster.apply(event(`e-${index}`));
      await until(`event ${index}`, () => heard.includes(`e-${index}`));
    }
    expect(heard).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4']);
    const lists = cluster.requests().filter(({ path, query }) => path.endsWith('/events') && query.watch === undefined);
    expect(lists).toHaveLength(1);
  });

  it('says once that the server is down, pauses ever longer, and follows again when it is back', async () => {
    const { cluster, kubeconfig } = await simulated();
    const { heard, states, pauses, until } = await following(kubeconfig);
    await until('the watch', () => states.length > 0);
    await cluster.faults.down(true);
    await until('many tries', () => pauses.length >= 8);
    expect(states.map(({ is }) => is)).toEqual(['following', 'lost']);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(Math.max(...pauses)).toBe(60_000);
    await cluster.faults.down(false);
    await until('the watch again', () => states.length === 3);
    cluster.apply(event('after'));
    await until('the event', () => heard.includes('after'));
    expect(states.map(({ is }) => is)).toEqual(['following', 'lost', 'following']);
  });

  it.each([
    [401, /cannot be followed \(status 401\)/],
    [403, /Grant the right to list and watch events/],
    [500, /tried again/],
  ])('a server that answers %i is told once', async (code, sentence) => {
    const { cluster, kubeconfig } = await simulated();
    cluster.faults.fail({ code, path: '/api/v1/events' });
    const { states, pauses, until } = await following(kubeconfig);
    await until('some tries', () => pauses.length >= 3);
    expect(states).toMatchObject([
      { is: 'lost', problem: { code: 'watch.lost', sentence: expect.stringMatching(sentence) } },
    ]);
  });

  it('ends at once when it is asked to', async () => {
    const { kubeconfig } = await simulated();
    const { states, until, ending, watching } = await following(kubeconfig);
    await until('the watch', () => states.length > 0);
    const started = performance.now();
    ending.abort();
    await watching;
    expect(performance.now() - started).toBeLessThan(500);
  });
});

/** A server whose lists are empty and whose watches say what the test wants, one script after the other. */
async function scripted(watches: readonly ((response: ServerResponse) => void)[]) {
  const asked: string[] = [];
  let turn = 0;
  const server = await startLocalServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const version = url.searchParams.get('resourceVersion');
    if (url.searchParams.get('watch') !== 'true') {
      asked.push('list');
      return answerJson(response, 200, {
        kind: 'EventList',
        metadata: { resourceVersion: String(100 + asked.length) },
        items: [],
      });
    }
    asked.push(`watch ${version}`);
    const script = watches[turn] ?? ((open: ServerResponse) => void open.writeHead(200).flushHeaders());
    turn += 1;
    script(response);
  });
  closing.push(() => server.close());
  return { server, asked, watcher: await following(kubeconfigFor(server.url)) };
}
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: string) => line('BOOKMARK', { metadata: { resourceVersion: version } });
const gone = line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });

describe('a watch', () => {
  it.each<[how: string, script: (response: ServerResponse) => void]>([
    ['an ERROR event', (response) => response.writeHead(200).end(gone)],
    ['a status', (response) => answerStatus(response, 410, 'Expired')],
  ])('whose history is gone, told by %s, lists anew', async (_how, script) => {
    const { asked, watcher } = await scripted([script]);
    await watcher.until('the second watch', () => asked.length >= 4);
    expect(asked).toEqual(['list', 'watch 101', 'list', 'watch 103']);
    expect(watcher.states).toEqual(watcher.states.slice(0, 1));
  });

  it('goes on from the last bookmark', async () => {
    const { asked, watcher } = await scripted([(response) => response.writeHead(200).end(bookmark('777'))]);
    await watcher.until('the second watch', () => asked.length >= 3);
    expect(asked).toEqual(['list', 'watch 101', 'watch 777']);
  });

  it('passes over what it cannot read, and hears what comes after', async () => {
    const warning = {
      metadata: { name: 'e', namespace: 'shop', resourceVersion: '900' },
      type: 'Warning',
      message: 'heard',
    };
    const nonsense = [
      '',
      'not JSON',
      '7',
      'null',
      '{"type":"ADDED"}',
      '{"type":"ADDED","object":[]}',
      '{"type":"FUTURE","object":{}}',
    ];
    const { watcher, asked } = await scripted([
      (response) => {
        response.writeHead(200);
        response.write(`${nonsense.join('\n')}\n`);
        const text = line('ADDED', warning);
        // Cut in the middle: chunks do not end where lines do.
        response.write(text.slice(0, 20));
        setTimeout(() => response.end(text.slice(20)), 20);
      },
    ]);
    await watcher.until('the next watch', () => asked.length >= 3);
    expect([watcher.heard, asked.at(-1)]).toEqual([['heard'], 'watch 900']);
  });

  it('is left when a line never ends', async () => {
    const { watcher, asked } = await scripted([
      (response) => {
        response.writeHead(200);
        const more = () => {
          if (response.destroyed) return;
          response.write('x'.repeat(256 * 1024), () => setImmediate(more));
        };
        more();
      },
    ]);
    await watcher.until('the next watch', () => asked.length >= 3);
    expect(watcher.heard).toEqual([]);
  });

  it('that ends at once again and again is not asked in a frenzy', async () => {
    const ends = Array.from({ length: 6 }, () => (response: ServerResponse) => void response.writeHead(200).end());
    const { watcher, asked } = await scripted(ends);
    await watcher.until('seven watches', () => asked.length >= 8);
    expect(watcher.pauses.length).toBeGreaterThanOrEqual(5);
    expect(watcher.states).toEqual([{ is: 'following' }]);
  });
});
