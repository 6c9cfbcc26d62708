import type { ClusterRequest } from './crash-world.ts';
import type { Histories } from './histories.ts';
import { digestOf, type RecordedEvent, textOf } from './recorded-events.ts';

const results = ['action-executed', 'action-failed', 'action-unknown', 'approval-superseded'];

/**
 * I3: every change that reached the API server was announced before in the journal, once, under an approval that was granted by somebody who may, had not ended, covers
 * exactly this, and was used for nothing else. What the journal then says of it is what the API server knows.
 */
export function checkChanges(
  events: readonly RecordedEvent[],
  { requests, specChanges, approvers, kills }: Pick<Histories, 'requests' | 'specChanges' | 'approvers' | 'kills'>,
): string[] {
  const intents = events.filter(({ type }) => type === 'action-intended');
  const sent = requests.filter(isChange);
  const requestsOf = (intent: RecordedEvent) => sent.filter((request) => intentOf(request, intents) === intent);
  const accepted = sent.filter(isAccepted).length;
  return [
    ...(accepted === 1 ? [] : [`the API server accepted ${accepted} changes instead of one`]),
    ...(specChanges === 2
      ? []
      : [`the Deployment was changed ${specChanges} times: once to break it, once to mend it`]),
    ...sent.flatMap((request) => {
      const intent = intentOf(request, intents);
      if (intent === undefined) return [`${sayRequest(request)} was sent without an intent`];
      return requestDigest(request) === textOf(intent, 'requestDigest')
        ? []
        : [`${sayRequest(request)} is not the request that was intended`];
    }),
    ...intents.flatMap((intent) => {
      const own = requestsOf(intent);
      return [
        ...(own.length <= 1 ? [] : [`the change intended at ${intent.seq} was sent ${own.length} times`]),
        ...checkApproval(intent, events, approvers),
        ...checkResult(intent, events, own.some(isAccepted), kills),
      ];
    }),
  ];
}

function checkApproval(
  intent: RecordedEvent,
  events: readonly RecordedEvent[],
  approvers: readonly string[],
): string[] {
  const id = textOf(intent, 'approval');
  const of = (type: string) =>
    events.filter((event) => event.type === type && event.seq < intent.seq && textOf(event, 'approval') === id);
  const [asked] = of('approval-requested');
  if (id === '' || asked === undefined) return [`the intent ${intent.seq} has no approval`];
  const [given] = of('approval-given');
  const expiresAt = textOf(asked, 'expiresAt');
  const uses = events.filter((event) => event.type === 'action-intended' && textOf(event, 'approval') === id).length;
  const ended = ['approval-expired', 'approval-rejected', 'approval-revoked', 'approval-superseded'].flatMap(of);
  const by = given?.actor.id ?? '';
  const asks = JSON.stringify(asked.body.require).includes('"sre-leads"');
  const requester = JSON.stringify(asked.body.requester);
  return [
    ...(uses === 1 ? [] : [`the approval of intent ${intent.seq} was used ${uses} times`]),
    ...(asks ? [] : [`the approval of intent ${intent.seq} was not asked of sre-leads`]),
    ...(textOf(asked, 'digest') === textOf(intent, 'digest')
      ? []
      : [`the intent ${intent.seq} is not what was approved`]),
    ...(given === undefined ? [`nobody gave the approval of intent ${intent.seq}`] : []),
    ...(given === undefined || approvers.includes(by) ? [] : [`${by} may not approve, and did at ${given.seq}`]),
    ...(by !== '' && requester.includes(`"${by}"`) ? [`${by} approved an own request at ${given?.seq}`] : []),
    ...(intent.recordedAt <= expiresAt ? [] : [`the approval of intent ${intent.seq} had ended at ${expiresAt}`]),
    ...ended.map(({ type, seq }) => `the intent ${intent.seq} rests on an approval with ${type} at ${seq}`),
  ];
}

/** After a death between intent and result it must have looked, and found what is so. */
function checkResult(
  intent: RecordedEvent,
  events: readonly RecordedEvent[],
  hasLanded: boolean,
  kills: readonly string[],
): string[] {
  const result = resultOf(intent, events);
  if (result === undefined) return [`nothing says how the change intended at ${intent.seq} ended`];
  const said = result.type === 'action-executed';
  const truth = hasLanded ? 'it was made' : 'it was not made';
  return [
    ...(said === hasLanded ? [] : [`event ${result.seq} is ${result.type}, but ${truth}`]),
    ...(said && isInterrupted(intent, result, kills) && result.body.observed !== true
      ? [`event ${result.seq} claims an answer that nobody can have heard`]
      : []),
  ];
}

/** The event that says how an announced change ended. */
export function resultOf(intent: RecordedEvent, events: readonly RecordedEvent[]): RecordedEvent | undefined {
  return events.find(
    (event) =>
      event.incident === intent.incident &&
      event.seq > intent.seq &&
      results.includes(event.type) &&
      textOf(event, 'action') === textOf(intent, 'action'),
  );
}

/** Whether a process died after it announced a change and before it could say how that ended. */
export function isInterrupted(
  intent: RecordedEvent,
  result: RecordedEvent | undefined,
  kills: readonly string[],
): boolean {
  return kills.some((at) => intent.recordedAt <= at && at < (result?.recordedAt ?? '~'));
}

/** The last intent before a request: an earlier one has its result already. */
function intentOf({ at }: ClusterRequest, intents: readonly RecordedEvent[]): RecordedEvent | undefined {
  return intents.findLast(({ recordedAt }) => recordedAt <= at);
}

// Reviews of one's own rights are POSTs that store nothing.
function isChange({ method, path, query }: ClusterRequest): boolean {
  const isReview = /\/selfsubject\w+$/.test(path);
  return !['GET', 'HEAD'].includes(method) && query.dryRun !== 'All' && !isReview;
}

function isAccepted({ code }: ClusterRequest): boolean {
  return code >= 200 && code < 300;
}

function sayRequest({ method, path, at }: ClusterRequest): string {
  return `${method} ${path} at ${at}`;
}

/** The digest of a request as the journal knows it, from what went over the wire. */
function requestDigest({ path, body }: ClusterRequest): string {
  const [, , group, version, , namespace, resource, name] = path.split('/');
  const [first]: unknown[] = Array.isArray(body) ? body : [];
  const uid = typeof first === 'object' && first !== null && 'value' in first ? first.value : undefined;
  return digestOf({
    apiVersion: `${group}/${version}`,
    kind: 'Deployment',
    resource,
    namespace,
    name,
    uid,
    patch: body,
  });
}
