import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** How far below the ephemeral range ports are looked for, and how often before giving up. */
const span = 12_000;
const attempts = 200;

/**
 * Finds ports on 127.0.0.1 that nobody listens on, below those that the kernel gives to outgoing connections: a port of that range that is free now
 * can be somebody's connection by the time a server wants it, and then the server does not start.
 *
 * All of them are held open until the last is known, so they differ from one another. Between this answer and the
 * server that binds one, another program could take it: the server then fails at start and says so.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    for (let attempt = 0; attempt < attempts && ports.length < count; attempt += 1) {
      const port = randomInt(firstEphemeralPort() - span, firstEphemeralPort());
      const server = await listen(port);
      if (server === undefined) continue;
      servers.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  if (ports.length < count) throw new Error(`no ${count} free ports were found on 127.0.0.1 in ${attempts} attempts`);
  return ports;
}

function firstEphemeralPort(): number {
  const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/);
  // A machine can be told to use nearly all ports for connections; then there is nothing below to prefer.
  return Math.max(Number(first), span + 10_000);
}

/** `undefined` when the port is taken. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => {
      if ('code' in cause && cause.code === 'EADDRINUSE') resolve(undefined);
      else reject(cause);
    });
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
  });
}
