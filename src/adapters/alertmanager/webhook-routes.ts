import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Actor } from '../../core/journal/event.ts';
import type { Problem, Result } from '../../core/result.ts';
import { readAlertmanagerWebhook } from '../../core/signal/alertmanager.ts';
import type { Signal } from '../../core/signal/signal.ts';

/** A notification of 10,000 alerts is about 5 MB; more is no notification. */
const maxBytes = 8 * 1024 * 1024;

type Dependencies = {
  readonly token: string;
  readonly receive: (signal: Signal, actor: Actor) => Promise<Result<unknown, Problem>>;
  readonly redact: (text: string) => string;
  readonly onProblem: (sentence: string) => void;
};

/**
 * `POST /webhooks/alertmanager`, bearer token. Answers as Alertmanager retries: 200 once the signal is on disk; 503 when it could not be stored, which it sends again within
 * seconds (never 429 or another 4xx for that: those wait for the next group interval, and a group that ended meanwhile is then lost); 400 for a body that is no
 * notification, which shows in its failure metric.
 */
export function alertmanagerRoutes({ token, receive, redact, onProblem }: Dependencies): Hono {
  const app = new Hono();
  app.post(
    '/webhooks/alertmanager',
    async (context, next) => {
      if (isBearer(context.req.header('authorization'), token)) return next();
      return context.json(
        {
          error:
            'The bearer token is missing or wrong. Nothing was stored. Set http_config.authorization in the receiver.',
        },
        401,
      );
    },
    bodyLimit({
      maxSize: maxBytes,
      onError: (context) =>
        context.json(
          { error: `The body is larger than ${maxBytes} bytes. Nothing was stored. Set max_alerts in the receiver.` },
          413,
        ),
    }),
    async (context) => {
      const body = await readJson(context.req.raw);
      if (body === undefined) return context.json({ error: 'The body is not JSON. Nothing was stored.' }, 400);
      const signal = readAlertmanagerWebhook(body, redact);
      if (!signal.ok) {
        onProblem(signal.error.sentence);
        return context.json({ error: signal.error.sentence }, 400);
      }
      const received = await receive(signal.value, { kind: 'signal', id: signal.value.group, name: 'Alertmanager' });
      if (received.ok) return context.json({ stored: true });
      onProblem(received.error.sentence);
      return context.json({ error: received.error.sentence }, 503);
    },
  );
  // Fails closed: whatever broke, nothing was acknowledged, and Alertmanager sends it again.
  app.onError((error, context) => {
    onProblem(`A notification of Alertmanager could not be taken: ${error.message}`);
    return context.json({ error: 'The notification could not be taken. Nothing was stored. Send it again.' }, 503);
  });
  return app;
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}

// Hashed first: comparing in constant time needs equal lengths, and the length of a token is a secret too.
function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(header ?? '')?.[1] ?? '';
  return token !== '' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
