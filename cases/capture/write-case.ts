import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dump } from 'js-yaml';
import type { KubeObject } from './wire.ts';

export type CaseDocument = {
  readonly expected: object;
  readonly capturedAt: string;
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
  readonly alerts: readonly unknown[];
  readonly probes: readonly object[];
  readonly calls: readonly object[];
  readonly logs: ReadonlyMap<string, string>;
};

/** Writes a case folder anew and returns its size in bytes. Lists are compact, one object a line, so that a difference shows which object changed. */
export function writeCase(
  folder: string,
  { expected, capturedAt, objects, alerts, probes, calls, logs }: CaseDocument,
): number {
  rmSync(folder, { recursive: true, force: true });
  let bytes = 0;
  const write = (path: string, text: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    bytes += Buffer.byteLength(text);
  };
  write('expected.yaml', dump(expected, { lineWidth: -1 }));
  write(
    'snapshot/snapshot.yaml',
    dump({ capturedAt, kubernetesVersion: 'v1.35.4', cluster: 'captured' }, { lineWidth: -1 }),
  );
  for (const [resource, items] of objects) write(`snapshot/objects/${resource}.json`, listText(items));
  if (alerts.length > 0) write('snapshot/alerts.json', `${JSON.stringify(alerts)}\n`);
  if (probes.length > 0) write('snapshot/probes.json', `${JSON.stringify(probes)}\n`);
  if (calls.length > 0) write('snapshot/dependencies.json', `${JSON.stringify(calls)}\n`);
  for (const [path, text] of logs) write(`snapshot/logs/${path}`, text);
  return bytes;
}

function listText(items: readonly KubeObject[]): string {
  return `{"apiVersion":"v1","kind":"List","items":[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]}\n`;
}
