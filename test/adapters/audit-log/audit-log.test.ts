import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAuditLog } from '../../../src/adapters/audit-log/audit-log.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

function line(user: string, verb = 'patch'): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Request',
    stage: 'ResponseComplete',
    verb,
    user: { username: user },
    objectRef: { resource: 'deployments', namespace: 'shop', name: 'checkout', apiGroup: 'apps', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    requestObject: {
      spec: {
        replicas: 3,
        template: { spec: { containers: [{ name: 'a', env: [{ name: 'P', value: 'canary-7f3a' }] }] } },
      },
    },
    requestReceivedTimestamp: '2026-11-21T10:00:00.000000Z',
    stageTimestamp: '2026-11-21T10:00:00.100000Z',
  });
}

describe('the audit log of an API server', () => {
  const folder = temporaryFolders();

  it('tells who changed which fields, and never a value', async () => {
    const path = join(await folder(), 'audit.log');
    await writeFile(path, `${line('lena')}\nnot json\n${line('reader', 'get')}\n`);
    const read = await createAuditLog({ path }).recent();
    expect(read).toMatchObject({
      ok: true,
      value: [{ user: 'lena', verb: 'patch', object: { kind: 'Deployment', namespace: 'shop', name: 'checkout' } }],
    });
    expect(JSON.stringify(read)).not.toContain('canary');
  });

  it('reads the end of a large file, from its first whole line', async () => {
    const path = join(await folder(), 'audit.log');
    await writeFile(path, `${line('first')}\n${line('second')}\n`);
    const read = await createAuditLog({ path, tailBytes: line('second').length + 10 }).recent();
    expect(read.ok && read.value.map(({ user }) => user)).toEqual(['second']);
  });

  it('is a problem when it cannot be read, and an empty file is none', async () => {
    const dir = await folder();
    expect(await createAuditLog({ path: join(dir, 'none.log') }).recent()).toMatchObject({
      ok: false,
      error: { code: 'audit.unreadable' },
    });
    await writeFile(join(dir, 'empty.log'), '');
    expect(await createAuditLog({ path: join(dir, 'empty.log') }).recent()).toEqual({ ok: true, value: [] });
  });
});
