import { ok } from '../../../result.ts';
import type { ReadAction } from '../../action.ts';
import { namespaceFlag, selectorFlag } from '../flags.ts';
import { readTarget } from '../operands.ts';
import { complete, incomplete, manual, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { isOn, readContainer, readInteger, readName, readNamespace, readSeconds, readSelector } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';

const maxTailLines = 5000;

export const logsVerb: Verb = {
  flags: [
    namespaceFlag,
    selectorFlag,
    { name: 'container', short: 'c', type: 'text' },
    { name: 'previous', short: 'p', type: 'boolean' },
    { name: 'tail', type: 'text' },
    { name: 'since', type: 'text' },
  ],
  translate: translateLogs,
};

type Source = Extract<ReadAction, { kind: 'logs' }>['of'];
type Found = { readonly of: Source } | { readonly otherKind: string } | { readonly nothing: true };

function translateLogs({ line, flags, operands }: VerbLine): Parsed<ParsedLine> {
  const namespace = readNamespace(flags);
  if (!namespace.ok) return namespace;
  const selector = readSelector(flags.get(selectorFlag.name));
  if (!selector.ok) return selector;
  const [object, containerOperand, ...rest] = operands;
  if (rest.length > 0) {
    return refuse('syntax.operands', 'Logs are read of one pod, workload or selector. Write one action for each.');
  }
  if (containerOperand !== undefined && flags.has('container')) {
    return refuse('syntax.flag-repeated', 'The container is given twice. Give it once, with -c.');
  }
  if (object !== undefined && selector.value !== undefined) {
    return refuse('syntax.operands', 'The line gives a name and a selector. Give one of them.');
  }
  const containerWord = flags.get('container') ?? containerOperand;
  const container = containerWord === undefined ? ok(undefined) : readContainer(containerWord);
  if (!container.ok) return container;
  const tailLines = readInteger(flags, 'tail', 1, maxTailLines);
  if (!tailLines.ok) return tailLines;
  const sinceSeconds = readSeconds(flags, 'since');
  if (!sinceSeconds.ok) return sinceSeconds;
  const found = selector.value === undefined ? findSource(object, namespace.value) : ok(bySelector(selector.value));
  if (!found.ok) return found;
  if ('nothing' in found.value) {
    return incomplete(line, '`kubectl logs` names no pod. Write `kubectl logs POD`, `deployment/NAME` or -l SELECTOR.');
  }
  if ('otherKind' in found.value) {
    return manual(
      line,
      `Logs are read of pods and Deployments; of a ${found.value.otherKind} a person reads them. -l with its pods' labels would run by itself.`,
    );
  }
  return complete({
    kind: 'logs',
    namespace: namespace.value,
    of: found.value.of,
    ...(container.value === undefined ? {} : { container: container.value }),
    ...(isOn(flags, 'previous') ? { previous: true } : {}),
    ...(tailLines.value === undefined ? {} : { tailLines: tailLines.value }),
    ...(sinceSeconds.value === undefined ? {} : { sinceSeconds: sinceSeconds.value }),
  });
}

function bySelector(selector: string): Found {
  return { of: { by: 'selector', selector } };
}

function findSource(object: string | undefined, namespace: string): Parsed<Found> {
  if (object === undefined) return ok({ nothing: true });
  if (!object.includes('/')) {
    const name = readName(object);
    return name.ok ? ok({ of: { by: 'pod', name: name.value } }) : name;
  }
  const target = readTarget([object]);
  if (!target.ok) return target;
  const { kind } = target.value.type;
  const [name = ''] = target.value.names;
  if (kind === 'Pod') return ok({ of: { by: 'pod', name } });
  if (kind === 'Deployment') return ok({ of: { by: 'workload', workload: { kind, namespace, name } } });
  return ok({ otherKind: kind });
}
