import { type FieldPath, sayPath } from '../../cluster/field-path.ts';
import { knownRef } from '../../cluster/kinds.ts';
import type { AnalysisContext } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { securityBreaches } from './pod-security.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { type ToldRefusal, templateOf } from './told-refusal.ts';

const enforceLabel = 'pod-security.kubernetes.io/enforce';

/** The level that a namespace enforces by its own label. */
export function levelOf({ view }: AnalysisContext, { controller }: RefusedCreation): string | undefined {
  const { namespace = '' } = controller.metadata;
  return view.get(knownRef('Namespace', undefined, namespace))?.metadata.labels?.[enforceLabel];
}

/** The first field that a level forbids. `text` is what the API server said, empty when it said nothing. */
export function tellPodSecurity(
  context: AnalysisContext,
  refusal: RefusedCreation,
  level: string,
  text: string,
): ToldRefusal | undefined {
  if (level !== 'baseline' && level !== 'restricted') return undefined;
  const { view, now } = context;
  const { namespace = '' } = refusal.controller.metadata;
  const owner = view.get(knownRef('Namespace', undefined, namespace));
  const enforced = levelOf(context, refusal);
  // The namespace was eased since: the next attempt of the controller will tell.
  if (owner !== undefined && (enforced === 'privileged' || (enforced === 'baseline' && level === 'restricted')))
    return undefined;
  const { podSpec, base } = templateOf(refusal);
  const breaches = securityBreaches(podSpec, level);
  const [first] = breaches;
  if (first === undefined && text === '') return undefined;
  const fields = breaches.map(({ path }) => sayPath(path));
  return {
    code: 'pod-security-violated',
    path: first === undefined ? [...base, 'securityContext'] : [...base, ...first.path],
    observed: first?.observed ?? oneLine(text, 300),
    expected: first?.expected ?? `what the level ${level} allows`,
    why: `namespace ${namespace} enforces the Pod Security level ${level}, which forbids ${fields.length === 0 ? oneLine(text, 300) : sayFields(breaches)}`,
    advice: `Change ${fields.length === 0 ? 'the security context' : fields.slice(0, 6).join(', ')} in the template, or run the workload where a lower level is enforced.`,
    basis: first === undefined || enforced === undefined ? 'likely' : 'stated',
    support:
      owner === undefined || enforced === undefined
        ? []
        : [fromObject(owner, now, `its label ${enforceLabel} is ${enforced}`)],
  };
}

function sayFields(breaches: readonly { readonly path: FieldPath; readonly observed: string }[]): string {
  const shown = breaches.slice(0, 4).map(({ path, observed }) => `${sayPath(path)} = ${observed}`);
  return `${shown.join('; ')}${breaches.length > 4 ? `; and ${breaches.length - 4} more` : ''}`;
}
