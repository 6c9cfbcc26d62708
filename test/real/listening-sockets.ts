import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A TCP socket on which a process accepts connections. */
export type ListeningSocket = { readonly pid: number; readonly address: string; readonly port: number };

/**
 * The TCP sockets on which the given processes listen.
 *
 * Source: `/proc/net/tcp` and `/proc/net/tcp6` (state 0A), joined to processes through the socket inodes in
 * `/proc/<pid>/fd`. Linux only. A process that is gone listens nowhere.
 */
export function listeningSockets(pids: readonly number[]): ListeningSocket[] {
  const byInode = new Map<string, { address: string; port: number }>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const entry of parseListeners(readOr(file, ''))) byInode.set(entry.inode, entry);
  }
  return pids.flatMap((pid) =>
    socketInodesOf(pid).flatMap((inode) => {
      const entry = byInode.get(inode);
      return entry === undefined ? [] : [{ pid, address: entry.address, port: entry.port }];
    }),
  );
}

/** True for 127.0.0.0/8, ::1 and IPv4 loopback written as IPv6. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Reads the lines of a `/proc/net/tcp` or `/proc/net/tcp6` table that are in state LISTEN. */
export function parseListeners(table: string): { inode: string; address: string; port: number }[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [host = '', port = ''] = local.split(':');
      return state === '0A' ? [{ inode, address: addressOf(host), port: Number.parseInt(port, 16) }] : [];
    });
}

// The kernel prints addresses as 32-bit words in host byte order; every machine we run on is little-endian.
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  if (bytes.length === 4) return bytes.join('.');
  const isMappedV4 = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMappedV4) return `::ffff:${bytes.slice(12).join('.')}`;
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return bytes[15] === 1 ? '::1' : '::';
  return (
    bytes
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .match(/.{4}/g) ?? []
  ).join(':');
}

function socketInodesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  let descriptors: string[];
  try {
    descriptors = readdirSync(folder);
  } catch {
    return [];
  }
  return descriptors.flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${descriptor}`))?.slice(1) ?? [];
    } catch {
      return []; // closed between the listing and the look
    }
  });
}

function readOr(file: string, fallback: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return fallback;
  }
}
