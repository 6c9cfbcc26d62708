import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const satisfies Partial<Record<ContentfulStatusCode, string>>;

export type ProblemStatus = keyof typeof titles;

/** An answer of RFC 9457: `detail` is the sentence for people, `code` the stable word for programs. */
export function problemDetails(
  context: Context,
  status: ProblemStatus,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const body = { type: 'about:blank', title: titles[status], status, code, detail };
  return context.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...headers });
}
