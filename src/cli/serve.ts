import type { Config, Environment } from '../config/config.ts';
import { readConfig } from '../config/config.ts';
import type { Problem, Result } from '../core/result.ts';

export type ServeDependencies = {
  /** The parsed configuration file; undefined when none was named and none stands in the default place. */
  readonly readConfigFile: (path: string | undefined) => Promise<Result<unknown, Problem>>;
  readonly environment: Environment;
  readonly start: (config: Config) => Promise<Result<{ readonly url: string; stop(): Promise<void> }, Problem>>;
  /** Resolves when the process is asked to end. */
  readonly untilStopped: Promise<void>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
};

/**
 * `sre-copilot serve [--config FILE]`: runs until it is asked to stop. Exit code: 0 stopped in order · 2 the configuration is missing or wrong, with every problem
 * in plain words · 3 it could not start.
 */
export async function serveCommand(path: string | undefined, dependencies: ServeDependencies): Promise<0 | 2 | 3> {
  const { readConfigFile, environment, start, untilStopped, stdout, stderr } = dependencies;
  const file = await readConfigFile(path);
  if (!file.ok) {
    stderr(`${file.error.sentence}\n`);
    return 2;
  }
  const config = readConfig(file.value, environment);
  if (!config.ok) {
    const from = path ?? (file.value === undefined ? 'no configuration file' : 'sre-copilot.yaml');
    const lines = config.error.map((problem) => `  - ${problem}`);
    stderr(
      [
        `The co-pilot cannot start yet. It read ${from} and the environment, and this is missing or wrong:`,
        ...lines,
        '',
        'To try it without any of this, run: npm start',
        'The README says how to connect a workspace and a cluster, under "A real workspace and cluster".',
        '',
      ].join('\n'),
    );
    return 2;
  }
  const started = await start(config.value);
  if (!started.ok) {
    stderr(`${started.error.sentence}\n`);
    return 3;
  }
  stdout(`sre-copilot listens for alerts on ${started.value.url}/webhooks/alertmanager\n`);
  await untilStopped;
  stderr('Stopping: what is in mid-air is brought to its end.\n');
  await started.value.stop();
  return 0;
}
