import type { EvidenceDraft } from '../../evidence/draft.ts';
import { answersAbout, type Observations } from '../observations.ts';

/** When a certificate ends, as it was measured: by the host it was presented for, or by the name of its Certificate. Milliseconds. */
export type ExpiryReading = {
  readonly expiresAt: number;
  readonly host: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly evidence: EvidenceDraft;
};

const metric =
  /^(?:probe_ssl_earliest_cert_expiry|probe_ssl_last_chain_expiry_timestamp_seconds|certmanager_certificate_expiration_timestamp_seconds|x509_cert_not_after|nginx_ingress_controller_ssl_expire_time_seconds)$/;

/** Readings out of whatever was asked of the metrics server: the instant itself, or what is left of it in seconds or days. */
export function certificateReadings(observations: Observations): readonly ExpiryReading[] {
  return answersAbout(observations, metric).flatMap(({ query, series }) =>
    series.slice(0, 1000).flatMap(({ labels, points }) => {
      const point = points.at(-1);
      if (point === undefined || !Number.isFinite(point.value)) return [];
      const expiresAt = instantOf(query, point.value, point.at);
      if (expiresAt === undefined) return [];
      const host = hostOf(labels);
      const name = labels.certname ?? labels.certificate ?? (/certmanager_/.test(query) ? labels.name : undefined);
      return [
        {
          expiresAt,
          host,
          name,
          namespace: labels.exported_namespace ?? labels.namespace,
          evidence: {
            kind: 'metric' as const,
            source: `metrics: ${query.slice(0, 200)}`,
            at: point.at,
            summary: `Measured: the certificate ${host === undefined ? `of ${name ?? 'unknown'}` : `presented for ${host}`} ends at ${new Date(expiresAt).toISOString()}`,
            from: { query, labels, point },
          },
        },
      ];
    }),
  );
}

const furthestMs = 4_102_444_800_000; // 2100
const dayMs = 86_400_000;

function instantOf(query: string, value: number, at: number): number | undefined {
  // Ten digits are an instant in seconds; what is left of a certificate never is.
  const ms = value > 1_000_000_000 ? value * 1000 : /-\s*time\(\)/.test(query) ? at + value * unitMs(query) : undefined;
  return ms === undefined || ms < 0 || ms > furthestMs ? undefined : ms;
}

function unitMs(query: string): number {
  if (
    /\/\s*(?:86400|\(\s*(?:24\s*\*\s*3600|3600\s*\*\s*24|60\s*\*\s*60\s*\*\s*24|24\s*\*\s*60\s*\*\s*60)\s*\))|\/\s*(?:24\s*\/\s*)?3600\s*\/\s*24/.test(
      query,
    )
  )
    return dayMs;
  return /\/\s*3600\b/.test(query) ? 3_600_000 : 1000;
}

function hostOf(labels: Readonly<Record<string, string>>): string | undefined {
  const text = labels.host ?? labels.target ?? labels.instance ?? labels.ingress_host;
  const match = /^(?:[a-z]+:\/\/)?([a-z0-9.-]{1,253})(?::\d{1,5})?(?:\/|$)/i.exec(text ?? '');
  return match?.[1]?.toLowerCase();
}
