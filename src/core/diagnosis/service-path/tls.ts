import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { listAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingDraft } from '../analysis.ts';
import { secretExistence } from '../secret-existence.ts';
import { fromObject } from '../support.ts';
import { saysAbsent } from './absence.ts';
import { isNearName } from './looks-like.ts';
import type { ServicePathContext } from './service-path-context.ts';
import { eventsSaying, logsSaying } from './told.ts';

type TlsUse = { readonly index: number; readonly secret: string; readonly hosts: readonly string[] };

/** A certificate is issued within minutes. */
const issuingMs = 5 * 60_000;

/**
 * `tls-secret-missing`: an Ingress presents a certificate from a Secret that is not there. Where the metadata of Secrets is not read, a witness is needed: an event about the
 * Ingress, the log of its controller, a Certificate that says its Secret does not exist, or one that puts a certificate for these hosts into a Secret of a near name.
 */
export function findMissingTlsSecrets(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('Ingress').flatMap((ingress) => {
    if (isTerminating(ingress)) return [];
    return tlsOf(ingress).flatMap((use) => {
      const found = draft(context, ingress, use);
      return found === undefined ? [] : [found];
    });
  });
}

export function tlsOf(ingress: WireObject): readonly TlsUse[] {
  return recordsAt(ingress, 'spec', 'tls').flatMap(({ index, record }) => {
    const secret = textAt(record, 'secretName');
    const hosts = listAt(record, 'hosts').filter((host) => typeof host === 'string');
    return secret === undefined ? [] : [{ index, secret, hosts }];
  });
}

function draft(context: ServicePathContext, ingress: WireObject, use: TlsUse): FindingDraft | undefined {
  const { view, now } = context;
  const ref = refOf(ingress);
  const namespace = ingress.metadata.namespace ?? '';
  const certificates = view.list('Certificate', namespace);
  const own = certificates.find((one) => textAt(one, 'spec', 'secretName') === use.secret);
  const unmade = own !== undefined && isNotMade(own, now) ? own : undefined;
  // Its Certificate is there and made it: whatever an older event says is over.
  if (own !== undefined && conditionOf(own, 'Ready')?.status === 'True') return undefined;
  const existence = secretExistence(view, namespace, use.secret).is;
  if (existence === 'there') return undefined;
  const isAbsent = existence === 'absent' && own === undefined;
  const told = [
    ...eventsSaying(context, ingress, (message) => saysAbsent(message, use.secret)),
    ...logsSaying(context, (line) => line.includes(`${namespace}/${use.secret}`) && saysAbsent(line, use.secret)),
  ];
  const other = own === undefined ? certificates.find((one) => isMeant(one, use)) : undefined;
  if (unmade === undefined && told.length === 0 && other === undefined && !isAbsent) return undefined;
  const expected = other === undefined ? undefined : textAt(other, 'spec', 'secretName');
  const witness: readonly EvidenceDraft[] = [
    ...(unmade === undefined ? [] : [fromObject(unmade, now, sayConditions(unmade))]),
    ...(other === undefined
      ? []
      : [fromObject(other, now, `it keeps the certificate for ${use.hosts.join(', ')} in Secret ${expected}`)]),
  ];
  const why = unmade === undefined ? '' : `; ${sayRef(refOf(unmade))} has not made it (${sayConditions(unmade)})`;
  return {
    code: 'tls-secret-missing',
    object: ref,
    summary: `${sayRef(ref)} presents the certificate of Secret ${use.secret} for ${use.hosts.slice(0, 3).join(', ') || 'all hosts'}, and that Secret does not exist${why}${expected === undefined ? '' : `; the certificate is in Secret ${expected}`}.`,
    cause: {
      path: `spec.tls[${use.index}].secretName`,
      observed: use.secret,
      expected: expected ?? `a TLS Secret ${use.secret} in namespace ${namespace}`,
    },
    support: [
      fromObject(ingress, now, `TLS for ${use.hosts.slice(0, 3).join(', ') || 'all hosts'} from Secret ${use.secret}`),
      ...told.slice(0, 2),
      ...witness,
    ],
    grounds: {
      basis: told.length > 0 || unmade !== undefined || isAbsent ? 'stated' : 'likely',
      current: true,
      repeated: told.length > 1 || (told.length > 0 && witness.length > 0) || unmade !== undefined,
    },
    pods: [],
    affects: [ref, ...(unmade === undefined ? [] : [refOf(unmade)])],
    since: unmade === undefined ? undefined : conditionOf(unmade, 'Ready')?.since,
  };
}

/** cert-manager says that the Secret is not there, and has had time to make it. */
function isNotMade(certificate: WireObject, now: number): boolean {
  const ready = conditionOf(certificate, 'Ready');
  const created = parseTime(certificate.metadata.creationTimestamp);
  if (ready?.status !== 'False' || (created !== undefined && now - created < issuingMs)) return false;
  return ready.reason === 'DoesNotExist' && textAt(certificate, 'status', 'notAfter') === undefined;
}

/** A Certificate for the same hosts that keeps its Secret under a near name. */
function isMeant(certificate: WireObject, { secret, hosts }: TlsUse): boolean {
  const name = textAt(certificate, 'spec', 'secretName');
  const covered = listAt(certificate, 'spec', 'dnsNames');
  return (
    name !== undefined &&
    name !== secret &&
    conditionOf(certificate, 'Ready')?.status === 'True' &&
    hosts.length > 0 &&
    hosts.every((host) => covered.includes(host)) &&
    isNearName(secret, name)
  );
}

export function sayConditions(certificate: WireObject): string {
  const [ready, issuing] = [conditionOf(certificate, 'Ready'), conditionOf(certificate, 'Issuing')];
  const said = [ready, issuing].flatMap((condition) =>
    condition === undefined
      ? []
      : [
          `${condition.type}=${condition.status ?? 'Unknown'} ${condition.reason ?? ''}${condition.message === undefined ? '' : `: ${condition.message.slice(0, 200)}`}`.trim(),
        ],
  );
  return said.join('; ') || 'no condition';
}
