import { z } from 'zod';
import { fail, ok, problem, type Result } from '../../core/result.ts';
import type { Applied, WriteProblem } from '../../ports/cluster-writer.ts';
import type { HttpAnswer } from './http-exchange.ts';

/** What a sentence about a write needs to name. */
export type About = { readonly object: string; readonly cluster: string; readonly mode: 'rehearse' | 'apply' };

const appliedSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), generation: z.int().nonnegative() }),
});
const statusSchema = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  details: z
    .object({
      causes: z
        .array(
          z.object({ reason: z.string().default(''), field: z.string().default(''), message: z.string().default('') }),
        )
        .default([]),
    })
    .default({ causes: [] }),
});
type Status = z.infer<typeof statusSchema>;

/**
 * Reads the API server's answer to a JSON Patch by its status code and, for 422, by whether it names causes, never by its message: a
 * `test` that does not hold is a 422 without causes, a value that is not valid one with causes (measured on kube-apiserver 1.35).
 */
export function readWriteAnswer(
  about: About,
  { status, body }: Pick<HttpAnswer, 'status' | 'body'>,
): Result<Applied, WriteProblem> {
  if (status === 200) {
    const applied = appliedSchema.safeParse(parseJson(body));
    if (applied.success) {
      const { resourceVersion, generation } = applied.data.metadata;
      return ok({ resourceVersion, generation });
    }
    return fail(unknownOutcome(about, 'its answer cannot be read', status));
  }
  const parsed = statusSchema.safeParse(parseJson(body));
  const said: Status = parsed.success ? parsed.data : { reason: '', message: '', details: { causes: [] } };
  if (status === 409 || (status === 422 && said.details.causes.length === 0)) return fail(guardRefused(about, status));
  if (status === 401) return fail(notSent(about, 'the API server does not accept its credentials', status));
  if (status === 429) return fail(notSent(about, 'the API server has too much to do', status));
  if (status >= 500 || status < 300) return fail(unknownOutcome(about, `the API server answered ${status}`, status));
  return fail(rejected(about, sayRefusal(status, said), status));
}

/** Certain that nothing reached what stores objects; may be tried again. */
export function notSent(about: About, why: string, status?: number): WriteProblem {
  const sentence = `${sayWhat(about)} was not made: ${why}. Nothing was changed; see that the cluster can be reached, then try again.`;
  return withStatus(problem('write.not-sent', sentence), status);
}

/** It may have been made; only the cluster knows. */
export function unknownOutcome(about: About, why: string, status?: number): WriteProblem {
  const sentence =
    about.mode === 'rehearse'
      ? `${sayWhat(about)} has no known outcome: ${why}. A rehearsal stores nothing; try again.`
      : `${sayWhat(about)} may or may not have been made: ${why}. It is not sent again; look at the object first.`;
  return withStatus(problem('write.unknown', sentence), status);
}

export function rejected(about: About, why: string, status?: number): WriteProblem {
  const sentence = `${sayWhat(about)} was refused: ${why}. Nothing was changed${nextStep(status)}.`;
  return withStatus(problem('write.rejected', sentence), status);
}

function guardRefused(about: About, status: number): WriteProblem {
  const sentence = `${sayWhat(about)} was refused, because the object is no longer what was looked at. Nothing was changed; it goes back to the people who decide, with what differs.`;
  return withStatus(problem('write.guard-refused', sentence), status);
}

function sayWhat({ object, cluster, mode }: About): string {
  return `The ${mode === 'rehearse' ? 'rehearsal of the change' : 'change'} of ${object} on ${cluster}`;
}

function nextStep(status: number | undefined): string {
  switch (status) {
    case 403:
      return '; give the co-pilot the right to patch it, or look at the quota or admission rule that is named';
    case 404:
      return '; the object is gone, find out who deleted it';
    case undefined:
      return '; this is a defect';
    default:
      return '; correct what is named and start again';
  }
}

/** Status messages of 422 quote the values they refuse, which may be secret: only fields and reasons are taken from those. */
function sayRefusal(status: number, { reason, message, details }: Status): string {
  const head = `${status}${reason === '' ? '' : ` ${oneLine(reason, 60)}`}`;
  if (status !== 422) return message === '' ? head : `${head}, "${oneLine(message, 300)}"`;
  const causes = details.causes
    .slice(0, 5)
    .map((cause) =>
      cause.field === '' ? oneLine(cause.message, 200) : `${oneLine(cause.field, 120)} ${oneLine(cause.reason, 60)}`,
    );
  return `${head}: ${causes.join('; ')}`;
}

function oneLine(text: string, max: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
  return clean.length <= max ? clean : `${clean.slice(0, max)}…`;
}

function withStatus(found: WriteProblem, status: number | undefined): WriteProblem {
  return status === undefined ? found : { ...found, status };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
