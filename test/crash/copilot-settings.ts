import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoPeople } from '../../src/sandbox/demo/people.ts';
import { webhookToken } from './crash-world.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Writes what copilot-process.ts reads: the configuration of a co-pilot whose data are in `<folder>/data`, with quick runbooks. Returns the file.
 *
 * @param config The parts that are about the cluster.
 */
export async function writeCopilotSettings({
  folder,
  config,
  workspace,
}: {
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly workspace: { readonly apiUrl: string; readonly botToken: string; readonly appToken: string };
}): Promise<string> {
  const runbooks = join(folder, 'runbooks');
  await copyQuickRunbooks(runbooks);
  const file = join(folder, 'settings.json');
  const settings = {
    config: {
      dataDir: join(folder, 'data'),
      runbooks,
      policies: join(root, 'policies'),
      listen: { host: '127.0.0.1', port: 0 },
      slack: { apiUrl: workspace.apiUrl },
      defaultRoute: { channel: demoPeople.incidentsChannel, autonomy: 'assist' },
      ...config,
    },
    environment: {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SRE_COPILOT_WEBHOOK_TOKEN: webhookToken,
    },
  };
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  return file;
}

/** The shipped runbooks, but a change is looked at every 200 ms and need not hold for long. */
async function copyQuickRunbooks(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const from = join(root, 'runbooks');
  for (const name of await readdir(from)) await copyFile(join(from, name), join(to, name));
  const file = join(to, 'rollout-bad-image.yaml');
  const shipped = await readFile(file, 'utf8');
  const quick = shipped.replace('every: 1s', 'every: 200ms').replace('for: 3s', 'for: 0s');
  if (!/every: 200ms\s+for: 0s/.test(quick))
    throw new Error('rollout-bad-image.yaml has other times than this test knows');
  await writeFile(file, quick);
}
