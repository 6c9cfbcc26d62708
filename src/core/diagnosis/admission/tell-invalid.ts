import { type FieldPath, sayPath } from '../../cluster/field-path.ts';
import { textAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { oneLine } from '../present-events.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { type ToldRefusal, templateOf } from './told-refusal.ts';

/** A PriorityClass or RuntimeClass that the template names and that does not exist. */
export function tellClass(
  context: AnalysisContext,
  refusal: RefusedCreation,
  field: 'priorityClassName' | 'runtimeClassName',
  name: string,
): ToldRefusal | undefined {
  const { view } = context;
  const { base, podSpec } = templateOf(refusal);
  const known =
    field === 'priorityClassName'
      ? view
          .list('PriorityClass')
          .map(({ metadata }) => metadata.name)
          .toSorted()
      : [];
  if (known.includes(name)) return undefined;
  const kind = field === 'priorityClassName' ? 'PriorityClass' : 'RuntimeClass';
  const near = nearestName(name, known);
  const isDeclared = textAt(podSpec, field) === name;
  return {
    code: 'pod-spec-invalid',
    path: [...base, field],
    observed: name,
    expected: near ?? `a ${kind} that exists${known.length === 0 ? '' : ` (${known.slice(0, 4).join(', ')})`}`,
    why: `the ${kind} ${name} does not exist${near === undefined ? '' : `; there is ${near}`}`,
    advice: `Create the ${kind} ${name}, or use one that exists.`,
    basis: refusal.said === 'condition' && isDeclared ? 'stated' : 'likely',
  };
}

/** A field that the API server found not valid, as a place in the template. */
export function tellInvalid(
  refusal: RefusedCreation,
  { field, problem, detail }: { readonly field: string; readonly problem: string; readonly detail: string },
): ToldRefusal {
  const { base } = templateOf(refusal);
  const steps = stepsOf(field);
  // The template stands for the pod: `spec.containers[0]…` and `metadata.labels` are below it.
  const path = steps[0] === 'spec' ? [...base, ...steps.slice(1)] : [...base.slice(0, -1), ...steps];
  const quoted = /^("[^"]{0,200}"|[^\s:]{1,200})(?:: (.{1,600}))?/s.exec(detail);
  const [, value = '', rule = ''] = quoted ?? [];
  const isValue = problem !== 'Required value' && problem !== 'Forbidden';
  const said = isValue ? rule : detail;
  return {
    code: 'pod-spec-invalid',
    path,
    observed: isValue && value !== '' ? value.replace(/^"|"$/g, '') : problem === 'Required value' ? 'not set' : 'set',
    expected: said === '' ? `a value that is allowed (${problem})` : oneLine(said, 200),
    why: `its pods are not valid: ${field}: ${problem}${detail === '' ? '' : `: ${oneLine(detail, 200)}`}`,
    advice: `Correct ${sayPath(path)} in the template${said === '' ? '' : `: ${oneLine(said, 200)}`}. A LimitRange or a mutating webhook may have put the value there.`,
    basis: refusal.said === 'condition' ? 'stated' : 'likely',
  };
}

function stepsOf(field: string): FieldPath {
  return [...field.matchAll(/([^.[\]]+)|\[(\d{1,4})\]/g)].map(([, key, index]) =>
    index === undefined ? (key ?? '') : Number(index),
  );
}
