import { type Parsed, refuse } from './parsed-line.ts';

const intoContainer = 'reaches into a container, where no policy can see what is done. Make it a manual action';
const anyChange =
  'can change anything, so that nobody could say what was approved. Use a typed change (`kubectl set resources`, `kubectl rollout undo`) or a manual action';
const clientSide = 'works on the machine of whoever types it. Leave it out';

const reasons: ReadonlyMap<string, string> = new Map([
  ...['exec', 'attach', 'cp', 'debug', 'run'].map((verb) => [verb, intoContainer] as const),
  ...['port-forward', 'proxy'].map(
    (verb) => [verb, 'opens a way into the cluster that stays open. Make it a manual action'] as const,
  ),
  ...['apply', 'create', 'replace', 'patch', 'edit', 'kustomize', 'expose', 'autoscale', 'taint', 'certificate'].map(
    (verb) => [verb, anyChange] as const,
  ),
  ...['annotate', 'label'].map(
    (verb) => [verb, 'can switch controllers and policies by a label. Make it a manual action'] as const,
  ),
  ...['config', 'plugin', 'completion', 'kuberc', 'options', 'alpha'].map((verb) => [verb, clientSide] as const),
  ['wait', 'waits inside the command. Read the object, and give the action `validate` with `until` and a timeout'],
  ['version', 'also tells of the machine of whoever types it. Write `kubectl get --raw=/version`'],
  ['cluster-info', 'reads more than it says. Write `kubectl get --raw=/readyz` or `kubectl get nodes`'],
  ['auth', 'tells of rights, which policy decides here. Leave it out'],
  ['diff', 'compares with a file that was not reviewed with the runbook. Read the object instead'],
  ['explain', 'prints documentation and looks at no object. Leave it out'],
  ['api-resources', 'looks at no object. Leave it out'],
  ['api-versions', 'looks at no object. Leave it out'],
]);

/** Refuses a verb that has no typed action. An unknown one most of all: kubectl would start a plugin of that name. */
export function refuseVerb(verb: string): Parsed<never> {
  const reason = reasons.get(verb);
  if (reason !== undefined) return refuse('syntax.verb', `\`kubectl ${verb}\` is refused: it ${reason}.`);
  const shown = verb.length > 40 ? `${verb.slice(0, 40)}…` : verb;
  return refuse(
    'syntax.verb',
    `\`kubectl ${shown}\` is not understood, and kubectl would start a plugin of that name. Use one of get, describe, logs, events, top, rollout, set resources, or make it a manual action.`,
  );
}
