import { describe, expect, it, onTestFinished } from 'vitest';
import { entriesOf, type Started, startWorkspace } from './local-workspace.ts';

type Frame = {
  readonly envelope_id: string;
  readonly type: string;
  readonly retry_attempt: number;
  readonly payload: { readonly event_id: string };
};

/** A bare Socket Mode client, for what Bolt does by itself (acknowledging events). */
async function connect(at: Started, shouldAck: boolean): Promise<Frame[]> {
  const response = await fetch(`${at.apiUrl}apps.connections.open`, {
    method: 'POST',
    headers: { authorization: `Bearer ${at.appToken}` },
  });
  const { url } = (await response.json()) as { url: string };
  const socket = new WebSocket(url);
  onTestFinished(() => socket.close());
  const frames: Frame[] = [];
  await new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (frame.type === 'hello') return resolve();
      frames.push(frame);
      if (shouldAck) socket.send(JSON.stringify({ envelope_id: frame.envelope_id, payload: {} }));
      return undefined;
    };
  });
  return frames;
}

describe('Socket Mode', () => {
  it('repeats an event that nobody acknowledged at once, under the same event_id', async () => {
    const { at, workspace } = await startWorkspace({ ackTimeoutMs: 40 });
    const frames = await connect(at, false);
    await workspace.as('U0ANA').say('C0INC', 'hello');
    await workspace.waitFor(() => frames[1], 5_000);
    expect(frames.slice(0, 2)).toMatchObject([
      { retry_attempt: 0 },
      { retry_attempt: 1, payload: { event_id: frames[0]?.payload.event_id } },
    ]);
    expect(entriesOf(workspace, 'envelope-lost')[0]).toMatchObject({ reason: 'not-acked', type: 'events_api' });
  });

  it('sends each envelope to one of several connections', async () => {
    const { at, workspace } = await startWorkspace();
    const first = await connect(at, true);
    const second = await connect(at, true);
    for (const text of ['1', '2', '3', '4']) await workspace.as('U0ANA').say('C0INC', text);
    await workspace.waitFor(() => (first.length + second.length === 4 ? true : undefined), 5_000);
    expect([first.length, second.length]).toEqual([2, 2]);
  });

  it('survives frames that are none of its business', async () => {
    const { at, workspace } = await startWorkspace();
    const response = await fetch(`${at.apiUrl}apps.connections.open`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.appToken}` },
    });
    const socket = new WebSocket(((await response.json()) as { url: string }).url);
    onTestFinished(() => socket.close());
    await new Promise((resolve) => {
      socket.onmessage = resolve;
    });
    for (const frame of ['', 'null', '[]', '{"envelope_id":7}', '{"envelope_id":"unknown","payload":[]}'])
      socket.send(frame);
    socket.send(new Uint8Array([1, 2, 3]));
    await workspace.as('U0ANA').say('C0INC', 'still there');
    await workspace.waitFor((w) => entriesOf(w, 'envelope-sent')[0], 5_000);
    expect(entriesOf(workspace, 'connection').map(({ change }) => change)).toEqual(['opened']);
  });
});

describe('waitFor', () => {
  it('says what came last when the awaited state does not come', async () => {
    const { workspace } = await startWorkspace();
    await workspace.as('U0ANA').say('C0INC', 'the last words');
    await expect(workspace.waitFor(() => undefined, 30)).rejects.toThrow(/within 30 ms[\s\S]*the last words/);
  });

  it('passes on what the predicate throws', async () => {
    const { workspace } = await startWorkspace();
    await expect(
      workspace.waitFor(() => {
        throw new Error('wrong state');
      }, 5_000),
    ).rejects.toThrow('wrong state');
  });
});

describe('the ledger', () => {
  it('is plain JSON, in order, and keeps what was sent even when the message changes later', async () => {
    const { workspace } = await startWorkspace();
    await workspace.as('U0ANA').say('C0INC', 'as it was');
    const entries = workspace.ledger();
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.at(-1)).toMatchObject({
      kind: 'hand',
      person: 'U0ANA',
      action: 'say',
      seen: { visible: 'message' },
    });
  });

  it('knows nobody who is not there', async () => {
    const { workspace } = await startWorkspace();
    expect(() => workspace.as('U0NONE')).toThrow(/no person U0NONE/);
  });
});
