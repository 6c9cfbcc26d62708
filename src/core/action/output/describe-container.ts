import { field, fieldsAt, isFields, listAt, numberAt, textAt } from './fields.ts';
import { maskEnvValue } from './mask.ts';

/** What `describe` tells of one container: image, resources, environment (masked) and, where there is one, its status. */
export function describeContainer(container: unknown, status: unknown): string[] {
  const lines = [
    `  ${textAt(container, 'name') || '<unnamed>'}:`,
    `    Image: ${textAt(container, 'image') || '<none>'}`,
  ];
  if (status !== undefined) {
    lines.push(
      ...stateLines('State', field(status, 'state')),
      ...stateLines('Last State', field(status, 'lastState')),
      `    Ready: ${field(status, 'ready') === true ? 'True' : 'False'}`,
      `    Restart Count: ${numberAt(status, 'restartCount') ?? 0}`,
    );
  }
  for (const list of ['limits', 'requests'] as const) {
    const resources = Object.entries(fieldsAt(container, 'resources', list));
    if (resources.length > 0) {
      const title = list === 'limits' ? 'Limits' : 'Requests';
      lines.push(`    ${title}: ${resources.map(([name, quantity]) => `${name}=${String(quantity)}`).join(', ')}`);
    }
  }
  const environment = listAt(container, 'env').map(envText);
  if (environment.length > 0) lines.push(`    Environment: ${environment.join(', ')}`);
  return lines;
}

function envText(variable: unknown): string {
  const name = textAt(variable, 'name');
  const from = field(variable, 'valueFrom');
  if (!isFields(from)) return `${name}=${maskEnvValue(textAt(variable, 'value'))}`;
  const [source = 'somewhere'] = Object.keys(from);
  const origin = textAt(from, source, 'name');
  const key = textAt(from, source, 'key') || textAt(from, source, 'fieldPath') || textAt(from, source, 'resource');
  return `${name} from ${source}${origin === '' ? '' : ` ${origin}`}${key === '' ? '' : ` (${key})`}`;
}

function stateLines(title: string, state: unknown): string[] {
  const waiting = field(state, 'waiting');
  if (waiting !== undefined) {
    const message = textAt(waiting, 'message');
    return [`    ${title}: Waiting (${textAt(waiting, 'reason') || 'no reason'})`, ...said(message)];
  }
  const running = field(state, 'running');
  if (running !== undefined) return [`    ${title}: Running since ${textAt(running, 'startedAt') || '<unknown>'}`];
  const terminated = field(state, 'terminated');
  if (terminated === undefined) return [];
  const reason = textAt(terminated, 'reason') || 'no reason';
  const exitCode = numberAt(terminated, 'exitCode');
  const finishedAt = textAt(terminated, 'finishedAt');
  return [
    `    ${title}: Terminated (${reason}, exit code ${exitCode ?? 'unknown'}${finishedAt === '' ? '' : `, at ${finishedAt}`})`,
    ...said(textAt(terminated, 'message')),
  ];
}

function said(message: string): string[] {
  return message === '' ? [] : [`      ${message.replaceAll(/\s+/g, ' ').slice(0, 1024)}`];
}
