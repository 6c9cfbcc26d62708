import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { deployment, patched, template } from '../../core/action/changes/objects.ts';

const bodySchema = z.array(z.object({ op: z.string(), path: z.string(), value: z.unknown().optional() }));
type Deployment = WireObject & { spec: { replicas: unknown } };

/** Deployments in memory that take JSON Patches as an API server does (codes as measured on 1.35), and nothing else. */
export async function startPatchServer() {
  const stored = new Map<string, Deployment>();
  let version = 100;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    const { status, body } = answer(url, request.headers['content-type'] ?? '', await text(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });

  function answer(url: URL, contentType: string, body: string): { status: number; body: unknown } {
    if (contentType !== 'application/json-patch+json') return failure(415, 'UnsupportedMediaType');
    const name = /^\/apis\/apps\/v1\/namespaces\/shop\/deployments\/([^/]+)$/.exec(url.pathname)?.[1] ?? '';
    const before = stored.get(name);
    if (before === undefined) return failure(404, 'NotFound');
    let after: Deployment;
    try {
      after = patched(before, bodySchema.parse(JSON.parse(body)));
    } catch {
      return failure(422, 'Invalid');
    }
    if (typeof after.spec.replicas !== 'number' || after.spec.replicas < 0) {
      return failure(422, 'Invalid', [
        { reason: 'FieldValueInvalid', message: 'must be positive', field: 'spec.replicas' },
      ]);
    }
    const dryRun = url.searchParams.get('dryRun') === 'All';
    const generation = (before.metadata.generation ?? 0) + 1;
    const resourceVersion = dryRun ? before.metadata.resourceVersion : nextVersion();
    const next = {
      ...after,
      metadata: { ...after.metadata, generation, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    };
    if (!dryRun) stored.set(name, next);
    return { status: 200, body: next };
  }

  const nextVersion = () => {
    version += 1;
    return String(version);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    create(name: string): WireObject {
      const whole = deployment(template(), {
        spec: { replicas: 1 },
        metadata: { name, uid: `uid-${name}` },
      }) as Deployment;
      stored.set(name, whole);
      return whole;
    },
    read(name: string): WireObject {
      const whole = stored.get(name);
      if (whole === undefined) throw new Error(`no ${name}`);
      return whole;
    },
    writeStatus(name: string): void {
      const whole = stored.get(name);
      if (whole !== undefined)
        stored.set(name, { ...whole, metadata: { ...whole.metadata, resourceVersion: nextVersion() } });
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function failure(code: number, reason: string, causes?: object[]): { status: number; body: unknown } {
  const details = causes === undefined ? {} : { causes };
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: 'refused', details },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
