import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { listAt, parseTime, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { answersAbout, newestOf } from '../observations.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { Complaint, ConfigurationContext } from './complaints.ts';
import type { Conclusion } from './grounds.ts';
import { type Target, targetsOf } from './target.ts';

const skewMs = 24 * 60 * 60_000;

/**
 * `certificate-expired`, `certificate-host-mismatch`, `certificate-not-trusted` from what clients say of a host that their configuration names. The object is what presents the
 * certificate, where an object says so; of one that is not trusted, the client.
 */
export function certificatesThatAreRefused(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  return complaints.flatMap((complaint) => {
    const { kind } = complaint;
    if (kind !== 'certificate-expired' && kind !== 'certificate-host' && kind !== 'certificate-untrusted') return [];
    const targets = targetsOf(context, complaint, ({ setting }) => {
      const { scheme, port } = setting.address;
      return scheme === 'https' || scheme === 'rediss' || scheme === 'amqps' || port === 443 || port === 8443;
    });
    return targets.flatMap((target): Conclusion[] => {
      // The client tells its own clock: when that is a day off, its clock is what is wrong.
      const clock = parseTime(target.line.sign.named.clock);
      if (clock !== undefined && Math.abs(clock - context.now) > skewMs) return [];
      return kind === 'certificate-untrusted'
        ? [untrusted(context, complaint, target)]
        : [presented(context, complaint, target, kind)];
    });
  });
}

/** What presents the certificate of a host: a Certificate or an Ingress that names it, or whose Secret the workload behind the host mounts. */
function presenterOf({ view }: ConfigurationContext, { setting, dependency }: Target): WireObject | undefined {
  const { host } = setting.address;
  const namespace = dependency.is === 'service' ? dependency.ref.namespace : undefined;
  const spec = dependency.is === 'service' ? dependency.workload?.object : undefined;
  const mounted = new Set(
    recordsAt(spec, 'spec', 'template', 'spec', 'volumes').flatMap(
      ({ record }) => textAt(record, 'secret', 'secretName') ?? [],
    ),
  );
  const certificates = view.list('Certificate').filter((certificate) => {
    if (
      dnsNamesOf(certificate).some(
        (name) =>
          covers(name, host) ||
          (dependency.is === 'service' && name.startsWith(`${dependency.ref.name}.${namespace ?? ''}`)),
      )
    )
      return true;
    return certificate.metadata.namespace === namespace && mounted.has(textAt(certificate, 'spec', 'secretName') ?? '');
  });
  const ingresses = view
    .list('Ingress')
    .filter((ingress) =>
      recordsAt(ingress, 'spec', 'rules').some(({ record }) => covers(textAt(record, 'host') ?? '', host)),
    );
  const [ingress] = ingresses;
  if (certificates.length > 0 || ingress === undefined) return certificates[0];
  // An Ingress whose Secret a Certificate fills: that one must change.
  const secrets = recordsAt(ingress, 'spec', 'tls').flatMap(({ record }) => textAt(record, 'secretName') ?? []);
  return (
    view
      .list('Certificate', ingress.metadata.namespace)
      .find((certificate) => secrets.includes(textAt(certificate, 'spec', 'secretName') ?? '')) ?? ingress
  );
}

function presented(
  context: ConfigurationContext,
  complaint: Complaint,
  target: Target,
  kind: 'certificate-expired' | 'certificate-host',
): Conclusion {
  const { now } = context;
  const { setting, dependency, line, times, isNamed } = target;
  const { host } = setting.address;
  const presenter = presenterOf(context, target);
  const server = dependency.is === 'service' ? (dependency.workload?.ref ?? dependency.ref) : undefined;
  const object: ObjectRef = presenter === undefined ? (server ?? complaint.speaker.workload.ref) : refOf(presenter);
  const who = `Container ${complaint.speaker.status.name} of ${sayRef(complaint.speaker.workload.ref)}`;
  const common = {
    object,
    speaker: complaint.speaker,
    complaint,
    line: line.text,
    times,
    affects: [complaint.speaker.workload.ref, ...(dependency.is === 'service' ? [dependency.ref] : [])],
  };
  const isCertificate = presenter?.kind === 'Certificate';
  if (kind === 'certificate-host') {
    const names =
      presenter === undefined
        ? []
        : isCertificate
          ? dnsNamesOf(presenter)
          : recordsAt(presenter, 'spec', 'tls').flatMap(({ record }) => texts(listAt(record, 'hosts')));
    const lacks = names.length > 0 && !names.some((name) => covers(name, host));
    return {
      ...common,
      code: 'certificate-host-mismatch',
      summary: `${who} refuses the certificate of ${host}: it is for other names${names.length === 0 ? '' : ` (${oneLine(names.join(', '), 120)})`}.`,
      cause: {
        path: isCertificate
          ? 'spec.dnsNames'
          : presenter?.kind === 'Ingress'
            ? 'spec.tls'
            : server === undefined
              ? setting.path
              : 'spec',
        observed:
          names.length === 0 ? oneLine(line.sign.named.names ?? 'other names', 120) : oneLine(names.join(', '), 120),
        expected: `a certificate for ${host}`,
      },
      basis: lacks ? 'stated' : isNamed && presenter !== undefined ? 'likely' : 'inferred',
      facts:
        presenter === undefined ? [] : [fromObject(presenter, now, `its names are ${oneLine(names.join(', '), 200)}`)],
    };
  }
  const notAfter = presenter === undefined ? undefined : timeAt(presenter, 'status', 'notAfter');
  const measured = expiryOf(context, host);
  const isOver = (notAfter !== undefined && notAfter <= now) || (measured !== undefined && measured.at <= now);
  // It was renewed since: the server may still present the old one, and that is another question.
  const isRenewed = notAfter !== undefined && notAfter > now;
  return {
    ...common,
    code: 'certificate-expired',
    summary: `${who} refuses the certificate of ${host}: it has expired or is not valid yet${notAfter === undefined ? '' : ` (valid until ${new Date(notAfter).toISOString()})`}.`,
    cause: {
      path: isCertificate
        ? 'status.notAfter'
        : presenter?.kind === 'Ingress'
          ? 'spec.tls'
          : server === undefined
            ? setting.path
            : 'spec',
      observed:
        notAfter !== undefined
          ? new Date(notAfter).toISOString()
          : (line.sign.named.bound ?? 'expired or not valid yet'),
      expected: 'a certificate that is valid now',
    },
    basis: isOver ? 'stated' : isNamed && !isRenewed ? 'likely' : 'inferred',
    facts: [
      ...(presenter === undefined
        ? []
        : [
            fromObject(
              presenter,
              now,
              notAfter === undefined ? 'it covers the host' : `valid until ${new Date(notAfter).toISOString()}`,
            ),
          ]),
      ...(measured === undefined ? [] : [measured.evidence]),
    ],
  };
}

function untrusted({ now }: ConfigurationContext, complaint: Complaint, { setting, line, times }: Target): Conclusion {
  const { speaker } = complaint;
  const { host } = setting.address;
  const trust = speaker.settings.plain.find(({ name }) =>
    /SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(?:^|_)(?:CA_?CERT|CA_FILE|CA_BUNDLE|TRUST_?STORE)/i.test(
      name,
    ),
  );
  return {
    code: 'certificate-not-trusted',
    object: speaker.workload.ref,
    summary: `Container ${speaker.status.name} of ${sayRef(speaker.workload.ref)} does not trust the certificate of ${host}: nobody it knows has signed it.`,
    cause: {
      path: trust?.path ?? speaker.declared.path,
      observed:
        trust === undefined ? `no authority of its own for ${host}` : `${trust.name} ${oneLine(trust.value, 100)}`,
      expected: `the authority that signed the certificate of ${host}`,
    },
    speaker,
    complaint,
    line: line.text,
    times,
    basis: 'likely',
    facts: setting.holder === undefined ? [] : [fromObject(setting.holder, now, `${setting.name} points to ${host}`)],
  };
}

/** `certificate-expired` by the objects alone: cert-manager says when a certificate ends, and that is over; or the blackbox exporter measured it at the host of an Ingress. */
export function expiredCertificates(
  context: ConfigurationContext,
  told: readonly Conclusion[],
): readonly FindingDraft[] {
  const { scope, now, view } = context;
  const known = new Set(told.filter(({ code }) => code === 'certificate-expired').map(({ object }) => sayRef(object)));
  const certificates = scope.list('Certificate').flatMap((certificate): FindingDraft[] => {
    const notAfter = timeAt(certificate, 'status', 'notAfter');
    const ref = refOf(certificate);
    if (isTerminating(certificate) || notAfter === undefined || notAfter > now || known.has(sayRef(ref))) return [];
    known.add(sayRef(ref));
    const issuing = conditionOf(certificate, 'Issuing');
    const ready = conditionOf(certificate, 'Ready');
    const why = oneLine((issuing?.message ?? ready?.message ?? '').slice(0, 1000), 200);
    const users = ingressesOf(context, textAt(certificate, 'spec', 'secretName'), ref.namespace);
    return [
      {
        code: 'certificate-expired',
        object: ref,
        summary: `${sayRef(ref)} expired at ${new Date(notAfter).toISOString()}${why === '' ? '' : `: ${why}`}.`,
        cause: {
          path: 'status.notAfter',
          observed: new Date(notAfter).toISOString(),
          expected: 'a time to come: renewed before it expires',
        },
        recommendation: {
          text: `Find out why ${sayRef(ref)} was not renewed: its CertificateRequest, its issuer${issuing?.reason === undefined ? '' : ` (${oneLine(issuing.reason, 60)})`}.`,
        },
        support: [
          fromObject(
            certificate,
            now,
            `notAfter ${new Date(notAfter).toISOString()}, Ready=${ready?.status ?? 'not said'} ${ready?.reason ?? ''}`.trimEnd(),
          ),
          ...users.slice(0, 2).map((ingress) => fromObject(ingress, now, 'it presents this certificate')),
        ],
        grounds: { basis: 'stated', current: true, repeated: ready?.status === 'False' },
        pods: [],
        affects: users.map(refOf),
        since: notAfter,
      },
    ];
  });
  const covered = new Set(certificates.flatMap(({ affects = [] }) => affects.map(sayRef)));
  const ingresses = scope.list('Ingress').flatMap((ingress): FindingDraft[] => {
    const ref = refOf(ingress);
    if (covered.has(sayRef(ref)) || known.has(sayRef(ref))) return [];
    for (const { record } of recordsAt(ingress, 'spec', 'rules')) {
      const host = textAt(record, 'host');
      const measured = host === undefined ? undefined : expiryOf(context, host);
      if (host === undefined || measured === undefined || measured.at > now) continue;
      const owned = recordsAt(ingress, 'spec', 'tls').some(({ record: tls }) =>
        view
          .list('Certificate', ref.namespace)
          .some(
            (one) =>
              textAt(one, 'spec', 'secretName') === textAt(tls, 'secretName') &&
              (timeAt(one, 'status', 'notAfter') ?? 0) <= now,
          ),
      );
      if (owned) continue;
      return [
        {
          code: 'certificate-expired',
          object: ref,
          summary: `The certificate that ${sayRef(ref)} presents for ${host} expired at ${new Date(measured.at).toISOString()}.`,
          cause: {
            path: 'spec.tls',
            observed: new Date(measured.at).toISOString(),
            expected: 'a certificate that is valid now',
          },
          support: [measured.evidence, fromObject(ingress, now, `it serves ${host}`)],
          grounds: { basis: 'stated', current: true, repeated: false },
          pods: [],
          since: measured.at,
        },
      ];
    }
    return [];
  });
  return [...certificates, ...ingresses];
}

function ingressesOf(
  { view }: ConfigurationContext,
  secret: string | undefined,
  namespace: string | undefined,
): readonly WireObject[] {
  if (secret === undefined) return [];
  return view
    .list('Ingress', namespace)
    .filter((ingress) => recordsAt(ingress, 'spec', 'tls').some(({ record }) => record.secretName === secret));
}

/** When the certificate at a host ends, as the blackbox exporter measured it. */
function expiryOf(
  { observations, now }: ConfigurationContext,
  host: string,
): { readonly at: number; readonly evidence: FindingDraft['support'][0] } | undefined {
  for (const { query, series } of answersAbout(
    observations,
    /^probe_ssl_(?:earliest_cert_expiry|last_chain_expiry_timestamp_seconds)$/,
  )) {
    if (/-\s*time\s*\(\)|time\s*\(\)\s*-/.test(query)) continue;
    for (const one of series) {
      const target = one.labels.instance ?? one.labels.target ?? '';
      const value = newestOf(one);
      const name = /^(?:[a-z]{1,10}:\/\/)?([^/:\s]{1,253})/i.exec(target)?.[1]?.toLowerCase();
      if (value === undefined || name !== host.toLowerCase() || value <= 0 || value > 8.64e12) continue;
      const at = value * 1000;
      const summary = `The certificate at ${oneLine(target, 120)} ends at ${new Date(at).toISOString()}.`;
      return {
        at,
        evidence: { kind: 'metric', source: query.slice(0, 200), at: one.points.at(-1)?.at ?? now, summary, from: one },
      };
    }
  }
  return undefined;
}

function dnsNamesOf(certificate: WireObject): readonly string[] {
  const common = textAt(certificate, 'spec', 'commonName');
  return [...texts(listAt(certificate, 'spec', 'dnsNames')), ...(common === undefined ? [] : [common])];
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.filter((value): value is string => typeof value === 'string').slice(0, 100);
}

/** Whether a name of a certificate stands for a host: the same, or a wildcard for its first label. */
function covers(name: string, host: string): boolean {
  const [a, b] = [name.toLowerCase(), host.toLowerCase()];
  return a === b || (a.startsWith('*.') && b.includes('.') && b.slice(b.indexOf('.')) === a.slice(1));
}
