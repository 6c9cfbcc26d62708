import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Lab } from './lab.ts';
import type { Fields } from './wire.ts';

/** A webhook on 127.0.0.1. It allows pods with the label cost-center and refuses the others with a sentence. */
export async function startPolicyServer(
  { certFile, keyFile, ca }: Lab['certificate'],
  refusal: () => string,
): Promise<{ readonly clientConfig: Fields; readonly close: () => Promise<void> }> {
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      // What the API server of this very run sends.
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        request: { uid: string; object: { metadata: { labels?: Record<string, string> } } };
      };
      const allowed = review.request.object.metadata.labels?.['cost-center'] !== undefined;
      const status = allowed ? {} : { status: { code: 403, message: refusal() } };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: review.request.uid, allowed, ...status },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the webhook has no port');
  return {
    clientConfig: { url: `https://127.0.0.1:${address.port}/validate`, caBundle: Buffer.from(ca).toString('base64') },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
