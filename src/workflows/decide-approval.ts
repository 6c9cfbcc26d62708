import { type Click, type ClickAnswer, decideClick } from '../core/approval/decide-click.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { findAction, findRun } from '../core/incident/state.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Directory } from '../ports/directory.ts';
import type { Incidents } from '../ports/incidents.ts';

type Dependencies = { readonly incidents: Incidents; readonly directory: Directory; readonly clock: Clock };

/** Takes one click on an approval card. Resolves with what that person is told, once the decision is durable. */
export type DecideApproval = (
  click: Omit<Click, 'groups'>,
) => Promise<Result<ClickAnswer, Problem<'journal.unavailable'>>>;

export function createDecideApproval({ incidents, directory, clock }: Dependencies): DecideApproval {
  return async (click) => {
    const owner = incidents.all().find(({ approvals }) => Object.hasOwn(approvals, click.approval));
    const approval = owner?.approvals[click.approval];
    if (owner === undefined || approval === undefined) {
      const sentence =
        'This button belongs to nothing that is open. Nothing was done. Look at the latest card in the thread.';
      return ok({ code: 'approval.unknown', sentence });
    }
    const groups = await membershipOf(
      click.person.id,
      approval.require.map(({ group }) => group),
      directory,
    );
    const because = {
      actor: { kind: 'user', id: click.person.id, name: click.person.name },
      cause: `click/${click.approval}`,
    } as const;
    const decided = await incidents.decide(owner.reference, because, (state) => {
      if (state === undefined) throw new TypeError(`${owner.reference} vanished`);
      const { events, answer } = decideClick(
        state,
        { ...click, groups },
        targetNameOf(state, click.approval),
        clock.now(),
      );
      return { events, value: answer };
    });
    return decided.ok ? ok(decided.value.value) : fail(decided.error);
  };
}

/** The required groups a person is in. Null when one cannot be read: then nobody decides, since a group that is silent may not be treated as one that said no. */
async function membershipOf(
  person: string,
  groups: readonly string[],
  directory: Directory,
): Promise<readonly string[] | null> {
  const answers = await Promise.all(
    groups.map(async (group) => ({ group, members: await directory.membersOf(group) })),
  );
  if (answers.some(({ members }) => !members.ok)) return null;
  return answers.flatMap(({ group, members }) => (members.ok && members.value.includes(person) ? [group] : []));
}

function targetNameOf(state: IncidentState, id: string): string {
  const approval = state.approvals[id];
  const run = approval === undefined ? undefined : findRun(state, approval.run);
  const action = run === undefined || approval === undefined ? undefined : findAction(run, approval.action);
  return action !== undefined && 'check' in action.state ? (action.state.check.target?.name ?? '') : '';
}
