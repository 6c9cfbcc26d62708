import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

describe('serveCluster', () => {
  it('runs a cluster in a child process, answers calls over lines, and ends with its input', async () => {
    const child = spawn(process.execPath, [new URL('./serve-cluster-child.ts', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const nextLine = async () => JSON.parse((await lines.next()).value ?? '{}');
      const call = (id: number, name: string, ...args: unknown[]) =>
        child.stdin.write(`${JSON.stringify({ id, call: name, args })}\n`);
      const { ready } = await nextLine();
      expect(Object.keys(ready.kubeconfigs)).toEqual(['admin', 'operator', 'reader', 'nobody']);
      expect((await fetch(`${ready.url}/readyz`)).status).toBe(200);
      call(1, 'get', 'Namespace', null, 'shop');
      expect(await nextLine()).toMatchObject({ id: 1, value: { kind: 'Namespace' } });
      call(2, 'patchStatus', 'Namespace', null, 'shop', { phase: 'Terminating' });
      expect(await nextLine()).toEqual({ id: 2, value: true });
      call(3, 'writes');
      expect(await nextLine()).toEqual({ id: 3, value: [] });
      call(4, 'explode');
      expect(await nextLine()).toMatchObject({ id: 4, error: expect.stringContaining('there is no call "explode"') });
      child.stdin.write('not json\n');
      expect(await nextLine()).toMatchObject({ id: null, error: expect.any(String) });
      child.stdin.end();
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
    } finally {
      child.kill();
    }
  });
});
