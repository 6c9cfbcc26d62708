import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeRequest, PatchOperation } from '../../src/core/action/change.ts';
import type { AuthorizedAction } from '../../src/core/approval/authorize.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import type { ClusterWriter } from '../../src/ports/cluster-writer.ts';
import { authorizedFor } from '../support/authorized.ts';

/** What a run of the contract is given. Deployments it creates have one container and one replica. */
export type ClusterWriterUnderTest = {
  readonly writer: ClusterWriter;
  /** Creates a Deployment of that name with one container, and gives it as the API prints it once nobody else writes its spec. */
  createDeployment(name: string): Promise<WireObject>;
  read(name: string): Promise<WireObject>;
  /** Writes the status subresource, as controllers do all the time. */
  writeStatus(name: string): Promise<void>;
  close(): Promise<void>;
};

/** What ports/cluster-writer.ts promises, on anything that speaks the Kubernetes API. */
export function clusterWriterContract(name: string, connect: () => Promise<ClusterWriterUnderTest>): void {
  describe(`ClusterWriter: ${name}`, () => {
    let under: ClusterWriterUnderTest;
    let count = 0;
    beforeAll(async () => {
      under = await connect();
    }, 60_000);
    afterAll(async () => under?.close());

    async function fresh(): Promise<{ live: WireObject; name: string }> {
      count += 1;
      const own = `writer-${count}`;
      return { live: await under.createDeployment(own), name: own };
    }

    function change(live: WireObject, ...operations: PatchOperation[]): ChangeRequest {
      const { name: own, namespace = '', uid = '' } = live.metadata;
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        resource: 'deployments',
        namespace,
        name: own,
        uid,
        patch: [{ op: 'test', path: '/metadata/uid', value: uid }, ...operations],
      };
    }

    const template = (live: WireObject) => at(live, 'spec', 'template');
    const scaleTo = (replicas: unknown): PatchOperation => ({ op: 'replace', path: '/spec/replicas', value: replicas });
    const replicasOf = async (own: string) => at(await under.read(own), 'spec', 'replicas');

    it('rehearses without storing anything', async () => {
      const { live, name: own } = await fresh();
      const rehearsed = await under.writer.rehearse(change(live, scaleTo(2)));
      expect(rehearsed).toMatchObject({ ok: true, value: { generation: (live.metadata.generation ?? 0) + 1 } });
      expect(await replicasOf(own)).toBe(1);
      expect((await under.read(own)).metadata.generation).toBe(live.metadata.generation);
    });

    it('applies what was authorised and says what the object is now', async () => {
      const { live, name: own } = await fresh();
      const applied = await under.writer.apply(authorizedFor(change(live, scaleTo(2))));
      expect(applied).toMatchObject({ ok: true, value: { generation: (live.metadata.generation ?? 0) + 1 } });
      expect(applied.ok && applied.value.resourceVersion).not.toBe(live.metadata.resourceVersion);
      expect(await replicasOf(own)).toBe(2);
    });

    it.each<[why: string, look: 'rehearse' | 'apply']>([
      ['a rehearsal', 'rehearse'],
      ['a change', 'apply'],
    ])('refuses %s of an object with another uid', async (_why, look) => {
      const { live, name: own } = await fresh();
      const former = { ...live, metadata: { ...live.metadata, uid: '00000000-0000-0000-0000-000000000000' } };
      const request = change(former, scaleTo(2));
      const outcome =
        look === 'apply' ? await under.writer.apply(authorizedFor(request)) : await under.writer.rehearse(request);
      expect(outcome).toMatchObject({ ok: false, error: { code: 'write.guard-refused' } });
      expect(await replicasOf(own)).toBe(1);
    });

    it('refuses when a guarded field was changed since, and only then', async () => {
      const { live, name: own } = await fresh();
      const guarded = change(live, { op: 'test', path: '/spec/template', value: template(live) }, scaleTo(2));
      await under.writeStatus(own);
      await under.writeStatus(own);
      // Or the claim would hold because nothing was written.
      expect((await under.read(own)).metadata.resourceVersion).not.toBe(live.metadata.resourceVersion);
      expect(await under.writer.rehearse(guarded)).toMatchObject({ ok: true });
      const other = change(live, { op: 'add', path: '/spec/template/metadata/annotations', value: { changed: 'yes' } });
      expect(await under.writer.apply(authorizedFor(other))).toMatchObject({ ok: true });
      expect(await under.writer.apply(authorizedFor(guarded))).toMatchObject({
        ok: false,
        error: { code: 'write.guard-refused' },
      });
      expect(await replicasOf(own)).toBe(1);
    });

    it('refuses the second of two changes that test what the first one changed', async () => {
      const { live, name: own } = await fresh();
      const request = change(live, { op: 'test', path: '/spec/replicas', value: 1 }, scaleTo(2));
      expect(await under.writer.apply(authorizedFor(request))).toMatchObject({ ok: true });
      expect(await under.writer.apply(authorizedFor(request))).toMatchObject({
        ok: false,
        error: { code: 'write.guard-refused' },
      });
      expect(await replicasOf(own)).toBe(2);
    });

    it('refuses a test of a field that is not there', async () => {
      const { live } = await fresh();
      const request = change(live, { op: 'test', path: '/spec/nowhere', value: 1 }, scaleTo(2));
      expect(await under.writer.rehearse(request)).toMatchObject({ ok: false, error: { code: 'write.guard-refused' } });
    });

    it.each<[why: string, look: 'rehearse' | 'apply']>([
      ['a rehearsal', 'rehearse'],
      ['a change', 'apply'],
    ])('rejects %s to a value that is not valid', async (_why, look) => {
      const { live, name: own } = await fresh();
      const request = change(live, scaleTo(-1));
      const outcome =
        look === 'apply' ? await under.writer.apply(authorizedFor(request)) : await under.writer.rehearse(request);
      expect(outcome).toMatchObject({ ok: false, error: { code: 'write.rejected', status: 422 } });
      expect(outcome.ok || outcome.error.sentence).toMatch(/spec\.replicas/);
      expect(await replicasOf(own)).toBe(1);
    });

    it('rejects a change of what is not there', async () => {
      const { live } = await fresh();
      const gone = { ...live, metadata: { ...live.metadata, name: 'writer-nowhere' } };
      const outcome = await under.writer.apply(authorizedFor(change(gone, scaleTo(2))));
      expect(outcome).toMatchObject({ ok: false, error: { code: 'write.rejected', status: 404 } });
    });

    it.each<[why: string, forged: unknown]>([
      ['nothing', undefined],
      ['a request', {}],
      ['an object of the same shape', { permit: { request: {} } }],
    ])('throws for %s in place of an authorised action, and sends nothing', async (_why, forged) => {
      const { live, name: own } = await fresh();
      const request = change(live, scaleTo(2));
      const given =
        typeof forged === 'object' && forged !== null && 'permit' in forged ? { permit: { request } } : forged;
      await expect(under.writer.apply(given as AuthorizedAction)).rejects.toThrow(TypeError);
      expect(await replicasOf(own)).toBe(1);
    });

    it('sends nothing that was called off before', async () => {
      const { live, name: own } = await fresh();
      const outcome = await under.writer.apply(authorizedFor(change(live, scaleTo(2))), AbortSignal.abort());
      expect(outcome).toMatchObject({ ok: false, error: { code: 'write.not-sent' } });
      expect(await replicasOf(own)).toBe(1);
    });
  });
}

function at(object: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    object,
  );
}
