import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dump } from 'js-yaml';
import type { MadeCase } from './case.ts';
import type { Wire } from './wire.ts';

/** Writes a case as a folder: `expected.yaml`, and `snapshot/` as snapshot folders are laid out. What lay there before is removed. */
export function writeModelledCase(folder: string, { expected, snapshot }: MadeCase): void {
  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, text: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write('expected.yaml', dump(defined(expected), { lineWidth: -1, noRefs: true }));
  write(
    'snapshot/snapshot.yaml',
    dump({
      capturedAt: new Date(snapshot.capturedAtMs).toISOString(),
      cluster: 'modelled',
      kubernetesVersion: snapshot.kubernetesVersion,
    }),
  );
  for (const [name, items] of Map.groupBy(snapshot.objects, ({ kind }) => String(kind).toLowerCase()))
    write(`snapshot/objects/${name}.json`, listText(items));
  for (const [path, text] of snapshot.logs) write(`snapshot/logs/${path}`, text);
  snapshot.metrics.forEach((answer, index) => {
    write(`snapshot/metrics/${index}.json`, `${JSON.stringify(answer)}\n`);
  });
  for (const [node, services] of snapshot.hosts)
    write(`snapshot/hosts/${node}/services.json`, `${JSON.stringify(services)}\n`);
  for (const [page, text] of snapshot.health) write(`snapshot/health/${page}.txt`, text);
  if (snapshot.alerts.length > 0)
    write(
      'snapshot/alerts.json',
      `${JSON.stringify({ version: '4', status: 'firing', receiver: 'sre', alerts: snapshot.alerts })}\n`,
    );
  if (snapshot.probes.length > 0) write('snapshot/probes.json', `${JSON.stringify(snapshot.probes)}\n`);
  if (snapshot.calls.length > 0) write('snapshot/dependencies.json', `${JSON.stringify(snapshot.calls)}\n`);
  snapshot.declared.forEach((object, index) => {
    write(`snapshot/manifests/${index}.yaml`, dump(defined(object), { lineWidth: -1, noRefs: true }));
  });
}

// Objects as JSON has them: without members that are undefined.
function defined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function listText(items: readonly Wire[]): string {
  return `{"apiVersion":"v1","kind":"List","items":[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]}\n`;
}
