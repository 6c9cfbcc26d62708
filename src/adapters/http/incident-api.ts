import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { activeRun, type IncidentState, type Phase } from '../../core/incident/state.ts';
import type { Actor } from '../../core/journal/event.ts';
import type { Problem, Result } from '../../core/result.ts';
import type { CommandSignal, Signal } from '../../core/signal/signal.ts';
import type { Incidents } from '../../ports/incidents.ts';
import { isBearer } from './bearer.ts';
import { apiPath, documentOf, summaryOf } from './incident-document.ts';
import { problemDetails } from './problem-details.ts';

const maxBytes = 16 * 1024;
const limits = { default: 50, max: 200 };
const phases: readonly Phase[] = ['open', 'acknowledged', 'mitigated', 'resolved'];

/** What stands in the path or the query, and what the API does with it: the table of docs/http-api.md is compared with this. */
export const apiRoutes = [
  { method: 'GET', path: `${apiPath}/incidents` },
  { method: 'GET', path: `${apiPath}/incidents/{reference}` },
  { method: 'GET', path: `${apiPath}/incidents/{reference}/timeline` },
  { method: 'POST', path: `${apiPath}/incidents/{reference}/acknowledge` },
  { method: 'POST', path: `${apiPath}/incidents/{reference}/resolve` },
] as const;

const decisionSchema = z.strictObject({ by: z.string().min(1).max(80), comment: z.string().max(1000).default('') });

type Dependencies = {
  readonly token: string;
  readonly incidents: Pick<Incidents, 'get' | 'all'>;
  readonly receive: (signal: Signal, actor: Actor) => Promise<Result<unknown, Problem>>;
  /** The incident's timeline as a JSON document. */
  readonly timelineOf: (reference: string) => Promise<Result<string, Problem>>;
  readonly redact: (text: string) => string;
  readonly onProblem: (sentence: string) => void;
};

/**
 * The HTTP API for people's own tools: lists incidents, shows one, acknowledges and resolves. Bearer token on everything. A decision goes through the inbox like a command in Slack and is
 * answered with 202 once it is on disk; one that is made already is answered with 200, and nothing is stored. Problems are RFC 9457.
 */
export function incidentApi({ token, incidents, receive, timelineOf, redact, onProblem }: Dependencies): Hono {
  const app = new Hono();
  app.use(`${apiPath}/*`, async (context, next) => {
    if (isBearer(context.req.header('authorization'), token)) return next();
    const detail = 'The bearer token is missing or wrong. Nothing was done. Send the token of SRE_COPILOT_API_TOKEN.';
    return problemDetails(context, 401, 'api.unauthorized', detail, { 'www-authenticate': 'Bearer' });
  });

  app.get(`${apiPath}/incidents`, (context) => {
    const query = readQuery(context);
    if (!query.ok) return problemDetails(context, 400, 'api.bad-query', query.error);
    const { wanted, limit, before } = query.value;
    const found = incidents
      .all()
      .filter(({ phase }) => wanted.includes(phase))
      .map((state) => ({ state, number: numberOf(state.reference) }))
      .filter(({ number }) => number < before)
      .sort((a, b) => b.number - a.number);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return context.json({
      incidents: page.map(({ state }) => summaryOf(state)),
      next: found.length > page.length && last !== undefined ? nextLink(context, last.state.reference) : null,
    });
  });

  app.get(`${apiPath}/incidents/:reference`, (context) => {
    const state = named(context);
    return state === undefined ? unknown(context) : context.json(documentOf(state));
  });

  app.get(`${apiPath}/incidents/:reference/timeline`, async (context) => {
    const state = named(context);
    if (state === undefined) return unknown(context);
    const timeline = await timelineOf(state.reference);
    if (!timeline.ok) return problemDetails(context, 503, timeline.error.code, timeline.error.sentence);
    return context.body(timeline.value, 200, { 'content-type': 'application/json' });
  });

  const limited = bodyLimit({
    maxSize: maxBytes,
    onError: (context) =>
      problemDetails(context, 413, 'api.too-large', `The body is larger than ${maxBytes} bytes. Nothing was stored.`),
  });
  app.post(`${apiPath}/incidents/:reference/acknowledge`, limited, (context) => decide(context, 'ack'));
  app.post(`${apiPath}/incidents/:reference/resolve`, limited, (context) => decide(context, 'resolve'));

  for (const { path } of apiRoutes) {
    const allowed = apiRoutes.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path.replace('{reference}', ':reference'), (context) =>
      problemDetails(
        context,
        405,
        'api.wrong-method',
        `${context.req.method} does nothing here. Use ${allowed.join(' or ')}.`,
        { allow: allowed.join(', ') },
      ),
    );
  }
  app.all(`${apiPath}/*`, (context) =>
    problemDetails(
      context,
      404,
      'api.no-such-path',
      'There is nothing under this path. docs/http-api.md lists what is.',
    ),
  );
  app.onError((error, context) => {
    onProblem(`A request to the HTTP API could not be answered: ${redact(error.message)}`);
    return problemDetails(context, 500, 'api.broken', 'The request could not be answered. Look before you repeat it.');
  });

  function named(context: Context): IncidentState | undefined {
    return incidents.get((context.req.param('reference') ?? '').toUpperCase());
  }

  function unknown(context: Context): Response {
    const detail = `There is no incident of that reference. GET ${apiPath}/incidents lists those that there are.`;
    return problemDetails(context, 404, 'incident.unknown', detail);
  }

  async function decide(context: Context, verb: 'ack' | 'resolve'): Promise<Response> {
    const state = named(context);
    if (state === undefined) return unknown(context);
    const decision = await readDecision(context, redact);
    if (!decision.ok) return problemDetails(context, 400, 'api.bad-body', `${decision.error} Nothing was stored.`);
    // Made already: a request sent twice is as good as one.
    if (verb === 'ack' ? isPastOpen(state) : state.phase === 'resolved')
      return context.json({ stored: false, incident: summaryOf(state) });
    if (verb === 'ack' && state.phase === 'resolved')
      return problemDetails(
        context,
        409,
        'incident.resolved',
        `${state.reference} is resolved. There is nothing to acknowledge.`,
      );
    if (verb === 'resolve' && activeRun(state) !== undefined) {
      const detail = `A run is under way in ${state.reference}. It was not resolved. Stop the run in its thread, or wait for its end.`;
      return problemDetails(context, 409, 'incident.run-under-way', detail);
    }
    const { by, comment } = decision.value;
    const person = { id: `api:${by}`, name: by };
    const signal: CommandSignal = {
      kind: 'command',
      source: 'api',
      verb,
      text: comment,
      person,
      channel: state.route.channel,
      incident: state.reference,
    };
    const received = await receive(signal, { kind: 'user', ...person });
    if (received.ok) return context.json({ stored: true, incident: summaryOf(state) }, 202);
    onProblem(received.error.sentence);
    return problemDetails(context, 503, received.error.code, received.error.sentence, { 'retry-after': '2' });
  }

  return app;
}

function isPastOpen({ phase }: IncidentState): boolean {
  return phase === 'acknowledged' || phase === 'mitigated';
}

type Query = { readonly wanted: readonly Phase[]; readonly limit: number; readonly before: number };

function readQuery(context: Context): { ok: true; value: Query } | { ok: false; error: string } {
  const { phase, limit = String(limits.default), before, ...others } = context.req.query();
  const stray = Object.keys(others)[0];
  if (stray !== undefined)
    return { ok: false, error: `The query has no ${JSON.stringify(stray.slice(0, 40))}. Use phase, limit and before.` };
  const words = phase === undefined ? phases : phase.split(',');
  const wanted = phases.filter((known) => words.includes(known));
  if (wanted.length !== new Set(words).size)
    return { ok: false, error: `phase is a list of ${phases.join(', ')}, with commas between.` };
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > limits.max)
    return { ok: false, error: `limit is a number from 1 to ${limits.max}.` };
  if (before !== undefined && !/^INC-\d{1,9}$/i.test(before))
    return { ok: false, error: 'before is the reference of an incident, such as INC-42.' };
  const number = before === undefined ? Number.POSITIVE_INFINITY : numberOf(before.toUpperCase());
  return { ok: true, value: { wanted, limit: Number(limit), before: number } };
}

function nextLink(context: Context, reference: string): string {
  const query = new URLSearchParams(context.req.query());
  query.set('before', reference);
  return `${apiPath}/incidents?${query}`;
}

function numberOf(reference: string): number {
  return Number(/^INC-(\d+)$/.exec(reference)?.[1] ?? 0);
}

type Decision = { readonly by: string; readonly comment: string };

/** Names and comments are shown to others and stored: redacted, on one line, without what cannot be seen. */
async function readDecision(
  context: Context,
  redact: (text: string) => string,
): Promise<{ ok: true; value: Decision } | { ok: false; error: string }> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = decisionSchema.safeParse(body);
  if (!parsed.success) {
    const where = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    return { ok: false, error: `The body is not {"by": name, "comment"?: text} (${where.join('; ').slice(0, 300)}).` };
  }
  const clean = (text: string) =>
    redact(text.toWellFormed())
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
      .trim();
  const by = clean(parsed.data.by);
  if (by === '') return { ok: false, error: 'by is empty: say who decides.' };
  return { ok: true, value: { by, comment: clean(parsed.data.comment) } };
}
