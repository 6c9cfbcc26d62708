import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { listAt, textAt, timeAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingDraft } from '../analysis.ts';
import type { Grounds } from '../confidence.ts';
import { fromObject } from '../support.ts';
import { certificateReadings, type ExpiryReading } from './certificate-metrics.ts';
import { ingressBackendsOf } from './ingress-backends.ts';
import { byName } from './service-map.ts';
import { firingAbout, type ServicePathContext } from './service-path-context.ts';
import { sayConditions, tlsOf } from './tls.ts';

const dayMs = 86_400_000;
/** A renewal that is due may take this long before it counts as overdue. */
const graceMs = 3_600_000;
/** Where nothing says when a renewal is due: public certificates are renewed a month ahead, so two weeks is late. */
const soonMs = 14 * dayMs;

/** `certificate-expired` and `certificate-expiring`: by cert-manager's Certificates, and by measured expiry for Ingresses that no Certificate covers. */
export function findCertificateFaults(context: ServicePathContext): readonly FindingDraft[] {
  const readings = certificateReadings(context.observations);
  // Nothing in a Certificate refers to who presents it: an Ingress in the scope brings in the Certificate of its Secret.
  const certificates = context.view
    .list('Certificate')
    .filter(
      (one) =>
        !isTerminating(one) && [one, ...usersOfSecret(context, one)].some((object) => context.scope.has(refOf(object))),
    )
    .toSorted(byName);
  const told = certificates.flatMap((certificate) => {
    const found = ofCertificate(
      context,
      certificate,
      readings.filter((reading) => isOf(reading, certificate)),
    );
    return found === undefined ? [] : [found];
  });
  const covered = new Set(certificates.flatMap((one) => [...hostsOf(one), textAt(one, 'spec', 'secretName') ?? '']));
  const byIngress = context.scope.list('Ingress').flatMap((ingress) => {
    const found = isTerminating(ingress) ? undefined : ofIngress(context, ingress, readings, covered);
    return found === undefined ? [] : [found];
  });
  return [...told, ...byIngress];
}

function hostsOf(certificate: WireObject): readonly string[] {
  return [...listAt(certificate, 'spec', 'dnsNames'), textAt(certificate, 'spec', 'commonName')].filter(
    (host) => typeof host === 'string',
  );
}

function isOf({ host, name, namespace }: ExpiryReading, certificate: WireObject): boolean {
  if (name !== undefined)
    return (
      name === certificate.metadata.name &&
      (namespace ?? certificate.metadata.namespace) === certificate.metadata.namespace
    );
  return host !== undefined && hostsOf(certificate).includes(host);
}

type Verdict = {
  readonly code: 'certificate-expired' | 'certificate-expiring';
  readonly observed: string;
  readonly expected: string;
  readonly path: string;
  readonly grounds: Grounds;
};

function ofCertificate(
  context: ServicePathContext,
  certificate: WireObject,
  readings: readonly ExpiryReading[],
): FindingDraft | undefined {
  const { now } = context;
  const verdict = judge(context, certificate, readings);
  if (verdict === undefined) return undefined;
  const ref = refOf(certificate);
  const users = usersOfSecret(context, certificate);
  return {
    code: verdict.code,
    object: ref,
    summary: `${sayRef(ref)} for ${hostsOf(certificate).slice(0, 3).join(', ') || 'its hosts'} ${verdict.code === 'certificate-expired' ? 'has expired' : 'is not being renewed'}: ${verdict.observed}${renewal(certificate)}.`,
    cause: { path: verdict.path, observed: verdict.observed, expected: verdict.expected },
    recommendation: {
      text: `See why the renewal fails: the CertificateRequest and Order of ${sayRef(ref)}, and its issuer ${textAt(certificate, 'spec', 'issuerRef', 'name') ?? ''}.`,
    },
    support: [
      fromObject(certificate, now, `${sayTimes(certificate)}; ${sayConditions(certificate)}`),
      ...readings.slice(0, 2).map(({ evidence }) => evidence),
      ...users.slice(0, 1).map((user) => fromObject(user, now, 'it presents this certificate')),
    ],
    grounds: verdict.grounds,
    pods: [],
    affects: [ref, ...users.map(refOf)],
    since: timeAt(certificate, 'status', verdict.code === 'certificate-expired' ? 'notAfter' : 'renewalTime'),
  };
}

function judge(
  context: ServicePathContext,
  certificate: WireObject,
  readings: readonly ExpiryReading[],
): Verdict | undefined {
  const { now } = context;
  const notAfter = timeAt(certificate, 'status', 'notAfter');
  const measured = readings.map(({ expiresAt }) => expiresAt);
  const expiresAt = notAfter ?? (measured.length === 0 ? undefined : Math.min(...measured));
  if (expiresAt === undefined) return undefined;
  const ready = conditionOf(certificate, 'Ready');
  const agrees = ready?.status === 'False' || measured.some((one) => one <= now);
  const path = notAfter === undefined ? 'spec.secretName' : 'status.notAfter';
  if (expiresAt <= now) {
    const observed = `expired at ${instant(expiresAt)}`;
    return {
      code: 'certificate-expired',
      path,
      observed,
      expected: `a certificate valid after ${instant(now)}`,
      grounds: { basis: notAfter === undefined ? 'likely' : 'stated', current: true, repeated: agrees },
    };
  }
  const renewalTime = timeAt(certificate, 'status', 'renewalTime');
  const failing = conditionOf(certificate, 'Issuing');
  const fails = failing?.status === 'False' && failing.reason === 'Failed';
  const failedAt = timeAt(certificate, 'status', 'lastFailureTime');
  const overdue = renewalTime !== undefined && now - renewalTime > graceMs;
  const soon = renewalTime === undefined && expiresAt - now < soonMs;
  if (!overdue && !soon) return undefined;
  const observed = `expires at ${instant(expiresAt)}${renewalTime === undefined ? '' : `, renewal was due at ${instant(renewalTime)}`}`;
  return {
    code: 'certificate-expiring',
    path: renewalTime === undefined ? path : 'status.renewalTime',
    observed,
    expected: renewalTime === undefined ? 'renewed two weeks before it expires' : `renewed at ${instant(renewalTime)}`,
    grounds: {
      basis: overdue ? 'stated' : 'likely',
      current: true,
      repeated:
        fails ||
        failedAt !== undefined ||
        ready?.status === 'False' ||
        measured.length > 0 ||
        firingAbout(context, refOf(certificate)).length > 0,
    },
  };
}

function renewal(certificate: WireObject): string {
  const issuing = conditionOf(certificate, 'Issuing');
  return issuing?.status === 'False' && issuing.reason === 'Failed'
    ? `; the last try failed (${(issuing.message ?? '').slice(0, 200)})`
    : '';
}

function sayTimes(certificate: WireObject): string {
  const said = (['notAfter', 'renewalTime', 'lastFailureTime'] as const).flatMap((field) => {
    const at = timeAt(certificate, 'status', field);
    return at === undefined ? [] : [`${field} ${instant(at)}`];
  });
  return said.join(', ') || 'no times in its status';
}

function usersOfSecret({ view }: ServicePathContext, certificate: WireObject): readonly WireObject[] {
  const secret = textAt(certificate, 'spec', 'secretName');
  return view
    .list('Ingress', certificate.metadata.namespace)
    .filter((ingress) => tlsOf(ingress).some((use) => use.secret === secret));
}

/** An Ingress whose host was measured, and whose certificate somebody brings by hand. */
function ofIngress(
  context: ServicePathContext,
  ingress: WireObject,
  readings: readonly ExpiryReading[],
  covered: ReadonlySet<string>,
): FindingDraft | undefined {
  const { now } = context;
  const uses = tlsOf(ingress);
  const hosts = new Set([
    ...uses.flatMap((use) => use.hosts),
    ...ingressBackendsOf(ingress).flatMap(({ host }) => host ?? []),
  ]);
  const mine = readings
    .filter(({ host }) => host !== undefined && hosts.has(host) && !covered.has(host))
    .toSorted((a, b) => a.expiresAt - b.expiresAt);
  const [first] = mine;
  if (first === undefined || first.expiresAt - now >= soonMs) return undefined;
  const use = uses.find((one) => one.hosts.includes(first.host ?? '')) ?? uses[0];
  if (use !== undefined && covered.has(use.secret)) return undefined;
  const expired = first.expiresAt <= now;
  const ref = refOf(ingress);
  const observed = `${expired ? 'expired' : 'expires'} at ${instant(first.expiresAt)}`;
  const support: readonly [EvidenceDraft, ...EvidenceDraft[]] = [
    first.evidence,
    fromObject(
      ingress,
      now,
      `it serves ${first.host ?? ''}${use === undefined ? '' : ` with the certificate of Secret ${use.secret}`}`,
    ),
  ];
  return {
    code: expired ? 'certificate-expired' : 'certificate-expiring',
    object: ref,
    summary: `The certificate that ${sayRef(ref)} presents for ${first.host ?? ''} ${observed}.`,
    cause: {
      path: use === undefined ? 'spec.tls' : `spec.tls[${use.index}].secretName`,
      observed: use === undefined ? observed : `${use.secret} (${observed})`,
      expected: 'a certificate that is renewed in time',
    },
    support,
    grounds: { basis: 'stated', current: true, repeated: mine.length > 1 || firingAbout(context, ref).length > 0 },
    pods: [],
    affects: [ref],
    since: expired ? first.expiresAt : undefined,
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
