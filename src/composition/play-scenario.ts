import { pino } from 'pino';
import type { Played } from '../cli/demo.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import { demoPeople } from '../sandbox/demo/people.ts';
import { scripts, threadOf } from '../sandbox/demo/script.ts';
import { threadText } from '../sandbox/demo/thread-text.ts';
import { exportTimeline } from './export-timeline.ts';
import { startSandbox } from './start-sandbox.ts';

/** How long the threads may take to say the last thing, once the story is over. */
const settleMs = 4_000;

/** Plays one scenario with scripted people through the same HTTP and Slack paths as a browser would, and tells how it ended. */
export async function playScenario(
  root: string,
  scenario: string,
  decide: string | null,
): Promise<Result<Played, Problem>> {
  const script = scripts.find((one) => one.scenario === scenario && one.decide === decide);
  if (script === undefined)
    return fail(problem('demo.unknown', `There is no play for ${scenario} with ${decide ?? 'no decision'}.`));
  const startedMs = performance.now();
  const log = pino({ level: 'silent' });
  const sandbox = await startSandbox({ root, log, ...(decide === 'expire' ? { approvalTtl: '3s' } : {}) });
  if (!sandbox.ok) return sandbox;
  const { slack, world, copilot, stop } = sandbox.value;
  const stage = { slack, world, incidents: copilot.incidents };
  try {
    let failure: string | undefined;
    try {
      await script.play(stage);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await Promise.race([copilot.idle(), new Promise((resolve) => setTimeout(resolve, settleMs).unref())]);
    const state = copilot.incidents.all()[0];
    if (state === undefined)
      return fail(
        problem(
          'demo.nothing-happened',
          `${scenario} was started and no incident was opened: ${failure ?? 'no alert came'}.`,
        ),
      );
    const exported = await exportTimeline(copilot.journal, state.reference);
    if (!exported.ok) return exported;
    const names = new Map(demoPeople.people.map(({ id, realName }) => [id, realName]));
    const checks = script.checks(state, stage);
    return ok({
      thread: threadText(threadOf(slack), (id) => names.get(id) ?? 'sre-copilot'),
      checks: failure === undefined ? checks : [[`the play went to its end (${failure})`, false], ...checks],
      files: {
        'timeline.md': exported.value.markdown,
        'timeline.json': exported.value.json,
        'slack.json': `${JSON.stringify(slack.ledger(), null, 2)}\n`,
        'incident.jsonl': exported.value.lines,
      },
      elapsedMs: performance.now() - startedMs,
    });
  } finally {
    await stop();
  }
}
