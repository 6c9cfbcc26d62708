import { createServer } from 'node:http';
import { waitFor } from './wait-for.ts';

/** One alert of an Alertmanager webhook (version 4). */
type WebhookAlert = {
  status: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
};
/** A webhook as it arrived. */
type ReceivedWebhook = {
  readonly authorization: string | undefined;
  readonly body: { version: string; status: string; groupLabels: Record<string, string>; alerts: WebhookAlert[] };
};

/** A tiny receiver on 127.0.0.1 that takes every webhook and keeps it. */
export type WebhookReceiver = {
  readonly url: string;
  readonly port: number;
  readonly received: readonly ReceivedWebhook[];
  /** Waits for a webhook with an alert of this name, status and, when given, namespace. */
  until(
    alertname: string,
    status: 'firing' | 'resolved',
    namespace?: string,
    timeoutMs?: number,
  ): Promise<WebhookAlert>;
  close(): Promise<void>;
};

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      received.push({
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/webhook`,
    port: address.port,
    received,
    until: (alertname, status, namespace, timeoutMs = 45_000) =>
      waitFor(
        `a webhook with ${alertname} ${status}`,
        () =>
          received
            .flatMap(({ body }) => body.alerts)
            .find(({ labels, status: each }) => {
              return (
                labels.alertname === alertname &&
                each === status &&
                (namespace ?? labels.namespace) === labels.namespace
              );
            }),
        { timeoutMs },
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
