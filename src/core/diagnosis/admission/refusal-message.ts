/** What the API server says when it refuses to create an object, as far as its sentence is documented. */
export type RefusalReason =
  | {
      readonly is: 'quota';
      readonly quota: string;
      /** `requests.cpu` → `500m`: what the object asked of the resources that are short. */
      readonly requested: ReadonlyMap<string, string>;
      readonly used: ReadonlyMap<string, string>;
      readonly limited: ReadonlyMap<string, string>;
    }
  | { readonly is: 'quota-unspecified'; readonly quota: string; readonly text: string }
  | { readonly is: 'limit-range'; readonly text: string }
  | { readonly is: 'service-account'; readonly name: string }
  | { readonly is: 'pod-security'; readonly level: string; readonly text: string }
  | { readonly is: 'security-context-constraint'; readonly text: string }
  | { readonly is: 'policy'; readonly policy: string; readonly text: string }
  | { readonly is: 'webhook-denies'; readonly webhook: string; readonly text: string }
  | { readonly is: 'webhook-fails'; readonly webhook: string; readonly text: string }
  | { readonly is: 'class-missing'; readonly field: 'priorityClassName' | 'runtimeClassName'; readonly name: string }
  | { readonly is: 'invalid'; readonly field: string; readonly problem: string; readonly detail: string };

/** A refusal: of what kind of object (`pods`, `persistentvolumeclaims`, `Pod`; absent where the sentence does not begin with it), and why. */
export type RefusalMessage = {
  readonly resource: string | undefined;
  readonly name: string | undefined;
  readonly reason: RefusalReason;
};

const maxLength = 8000;

// What controllers put before the API server's own sentence. Names in these places are those of objects: no spaces, no quotes.
const prefixes: readonly RegExp[] = [
  /^Error creating(?: job)?: /,
  // Kubernetes 1.34 and older, then newer.
  /^[Cc]reate (?:Pod|Claim) [^\s"]{1,253}(?: (?:for )?Pod [^\s"]{1,253})? in StatefulSet [^\s"]{1,253} failed error: /,
  /^\[?failed to create PVC [^\s"]{1,253}: /,
  /^Failed to create new replica set "[^"]{1,253}": /,
];

/**
 * Reads the sentence of a refusal from the message of a ReplicaFailure condition or a FailedCreate event. Decided from the beginning of the sentence only: what a webhook or a
 * name says further on cannot choose the reason.
 */
export function readRefusal(message: string | undefined): RefusalMessage | undefined {
  if (message === undefined) return undefined;
  let text = message.slice(0, maxLength);
  for (const prefix of prefixes) text = text.replace(prefix, '');
  const forbidden = /^([a-z][a-z0-9.-]{0,253}) "([^"]{0,253})" is forbidden: /.exec(text);
  if (forbidden !== null) {
    const reason = reasonOfForbidden(text.slice(forbidden[0].length));
    return reason === undefined ? undefined : { resource: forbidden[1], name: forbidden[2], reason };
  }
  const invalid = /^([A-Z][A-Za-z0-9.]{0,253}) "([^"]{0,253})" is invalid: /.exec(text);
  if (invalid !== null) {
    const reason = reasonOfInvalid(text.slice(invalid[0].length));
    return reason === undefined ? undefined : { resource: invalid[1], name: invalid[2], reason };
  }
  const reason = reasonOfWebhook(text);
  return reason === undefined ? undefined : { resource: undefined, name: undefined, reason };
}

function reasonOfForbidden(text: string): RefusalReason | undefined {
  const exceeded =
    /^exceeded quota: ([a-z0-9.-]{1,253}), requested: (.{1,1500}?), used: (.{1,1500}?), limited: (.{1,1500})$/s.exec(
      text,
    );
  if (exceeded !== null) {
    const [, quota = '', requested, used, limited] = exceeded;
    return { is: 'quota', quota, requested: readPairs(requested), used: readPairs(used), limited: readPairs(limited) };
  }
  const failed = /^failed quota: ([a-z0-9.-]{1,253}): (must specify .{1,1500})$/s.exec(text);
  if (failed !== null) return { is: 'quota-unspecified', quota: failed[1] ?? '', text: failed[2] ?? '' };
  if (/^\[?(?:minimum|maximum) [^\s]{1,253} usage per |^\[?[^\s]{1,253} max limit to request ratio per /.test(text))
    return { is: 'limit-range', text: text.replace(/^\[|\]$/g, '') };
  const account =
    /^error looking up service account [^\s/]{1,253}\/([^\s:]{1,253}): serviceaccount "[^"]{1,253}" not found/.exec(
      text,
    );
  if (account !== null) return { is: 'service-account', name: account[1] ?? '' };
  const security = /^violates PodSecurity "([a-z]{1,20}):[^"]{1,30}": (.{1,4000})$/s.exec(text);
  if (security !== null) return { is: 'pod-security', level: security[1] ?? '', text: security[2] ?? '' };
  if (text.startsWith('unable to validate against any security context constraint'))
    return { is: 'security-context-constraint', text };
  const policy =
    /^ValidatingAdmissionPolicy '([^']{1,253})' with binding '[^']{1,253}' denied request: (.{0,2000})$/s.exec(text);
  if (policy !== null) return { is: 'policy', policy: policy[1] ?? '', text: policy[2] ?? '' };
  const priority = /^no PriorityClass with name ([^\s]{1,253}) was found/.exec(text);
  if (priority !== null) return { is: 'class-missing', field: 'priorityClassName', name: priority[1] ?? '' };
  const runtime = /^pod rejected: RuntimeClass "([^"]{1,253})" not found/.exec(text);
  if (runtime !== null) return { is: 'class-missing', field: 'runtimeClassName', name: runtime[1] ?? '' };
  return undefined;
}

function reasonOfWebhook(text: string): RefusalReason | undefined {
  const denied = /^admission webhook "([^"]{1,253})" denied the request(?: without explanation|: ?(.{0,4000}))/s.exec(
    text,
  );
  if (denied !== null)
    return { is: 'webhook-denies', webhook: denied[1] ?? '', text: (denied[2] ?? 'no explanation').trim() };
  const failed = /^(?:Internal error occurred: )?failed calling webhook "([^"]{1,253})": (.{0,4000})$/s.exec(text);
  return failed === null ? undefined : { is: 'webhook-fails', webhook: failed[1] ?? '', text: failed[2] ?? '' };
}

const problems = 'Required value|Invalid value|Not found|Forbidden|Unsupported value|Duplicate value|Too long|Too many';
const fieldProblem = new RegExp(`^\\[?([A-Za-z][A-Za-z0-9_.\\[\\]/-]{0,300}): (${problems})(?:: (.{0,1500}))?`, 's');

function reasonOfInvalid(text: string): RefusalReason | undefined {
  const match = fieldProblem.exec(text);
  if (match === null) return undefined;
  const [, field = '', problem = '', detail = ''] = match;
  return { is: 'invalid', field, problem, detail: detail.replace(/\]$/, '') };
}

function readPairs(text: string | undefined): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of (text ?? '').split(',')) {
    const match = /^\s?([A-Za-z0-9][A-Za-z0-9./_-]{0,316})=([0-9.a-zA-Z+-]{1,40})$/.exec(part.trim());
    if (match !== null) pairs.set(match[1] ?? '', match[2] ?? '');
  }
  return pairs;
}
