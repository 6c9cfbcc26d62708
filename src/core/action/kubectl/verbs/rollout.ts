import { type FlagSpec, namespaceFlag } from '../flags.ts';
import { complete, incomplete, manual, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { isOn, readInteger } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';
import { readWorkload, type WorkloadTarget } from '../workload.ts';

const maxRevision = 2_000_000_000;

type DeploymentTarget = Extract<WorkloadTarget, { found: 'deployment' }>['workload'];

/** A sub-verb that runs for one Deployment; of other rollouts a person takes care, and without a name the line is incomplete. */
function onDeployment(
  subVerb: string,
  flags: readonly FlagSpec[],
  act: (workload: DeploymentTarget, verbLine: VerbLine) => Parsed<ParsedLine>,
): Verb {
  return {
    flags: [namespaceFlag, ...flags],
    translate(verbLine) {
      const target = readWorkload(verbLine.operands, verbLine.flags);
      if (!target.ok) return target;
      if (target.value.found === 'nothing') return nothing(subVerb, verbLine.line);
      if (target.value.found === 'deployment') return act(target.value.workload, verbLine);
      return rolls(target.value.kind)
        ? manual(
            verbLine.line,
            `Rollouts of Deployments are known so far; that of a ${target.value.kind} a person takes care of.`,
          )
        : noRollout(target.value.kind);
    },
  };
}

function byHand(subVerb: string): Verb {
  return {
    flags: [namespaceFlag],
    translate({ line, flags, operands }) {
      const target = readWorkload(operands, flags);
      if (!target.ok) return target;
      if (target.value.found === 'nothing') return nothing(subVerb, line);
      if (target.value.found === 'other' && !rolls(target.value.kind)) return noRollout(target.value.kind);
      return manual(
        line,
        `\`kubectl rollout ${subVerb}\` is understood, but not carried out in this version: a person does it.`,
      );
    },
  };
}

function rolls(kind: string): boolean {
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';
}

function noRollout(kind: string): Parsed<never> {
  return refuse('syntax.operands', `A ${kind} has no rollout. Name a Deployment, StatefulSet or DaemonSet.`);
}

function nothing(subVerb: string, line: string): Parsed<ParsedLine> {
  return incomplete(line, `\`kubectl rollout ${subVerb}\` names no object. Add deployment/NAME.`);
}

const undo = onDeployment('undo', [{ name: 'to-revision', type: 'text' }], (target, { flags }) => {
  const toRevision = readInteger(flags, 'to-revision', 1, maxRevision);
  if (!toRevision.ok) return toRevision;
  return complete({
    kind: 'rollout-undo',
    target,
    ...(toRevision.value === undefined ? {} : { toRevision: toRevision.value }),
  });
});

const status = onDeployment('status', [{ name: 'watch', short: 'w', type: 'boolean' }], (target, { flags }) => {
  if (isOn(flags, 'watch')) {
    return refuse(
      'syntax.flag',
      'Watching is refused: the status is looked at once. Leave it out; `validate` with `until` and a timeout repeats the look.',
    );
  }
  return complete({ kind: 'rollout-status', target });
});

const history = onDeployment('history', [{ name: 'revision', type: 'text' }], (target, { flags }) => {
  const revision = readInteger(flags, 'revision', 1, maxRevision);
  if (!revision.ok) return revision;
  return complete({
    kind: 'rollout-history',
    target,
    ...(revision.value === undefined ? {} : { revision: revision.value }),
  });
});

export const rolloutVerbs: ReadonlyMap<string, Verb> = new Map([
  ['undo', undo],
  ['status', status],
  ['history', history],
  ...['restart', 'pause', 'resume'].map((subVerb) => [subVerb, byHand(subVerb)] as const),
]);
