import { looksLike } from './looks-like.ts';

/** What is wrong with a Corefile, as far as it can be told without CoreDNS: the line (from 1), what stands there, what should. */
export type CorefileFault = {
  readonly line: number;
  readonly observed: string;
  readonly expected: string;
  readonly sure: boolean;
};

/** Plugins of CoreDNS 1.8 to 1.13 as it is distributed. */
const plugins: ReadonlySet<string> = new Set(
  `acl any auto autopath azure bind bufsize cache cancel chaos clouddns debug dns64 dnssec dnstap erratic errors etcd file forward geoip
  grpc grpc_server health header hosts https https3 import k8s_external kubernetes loadbalance local log loop metadata minimal multisocket
  nomad nsid on pprof prometheus quic ready reload rewrite root route53 secondary sign startup shutdown template timeouts tls trace transfer tsig view whoami
  proxyproto`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/**
 * Looks for what keeps CoreDNS from starting: braces that do not match, and a plugin that does not exist and is nearly the name of one that does. Other unknown plugins are passed over: builds
 * with more of them are common.
 */
export function faultInCorefile(text: string): CorefileFault | undefined {
  if (text.length > 200_000) return undefined;
  let depth = 0;
  let opened = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/#.*$/, '').trim();
    if (line === '') continue;
    const [word = ''] = line.split(/\s+/);
    if (depth === 1 && word !== '}' && !plugins.has(word) && /^[a-z0-9_]{2,30}$/.test(word)) {
      const meant = [...plugins].find((plugin) => looksLike(word, plugin));
      if (meant !== undefined) return { line: index + 1, observed: word, expected: meant, sure: true };
    }
    const opens = line.endsWith('{') ? 1 : 0;
    const closes = line === '}' || line.endsWith(' }') ? 1 : 0;
    if (opens > 0 && depth === 0) opened = index + 1;
    depth += opens - closes;
    if (depth < 0)
      return { line: index + 1, observed: 'a } that closes nothing', expected: 'braces in pairs', sure: true };
  }
  return depth > 0
    ? { line: opened, observed: 'a { that is not closed', expected: 'braces in pairs', sure: true }
    : undefined;
}

/** The zones that the `kubernetes` plugin answers for; undefined when no server block has it. */
export function kubernetesZones(text: string): readonly string[] | undefined {
  const match = /^[ \t]*kubernetes[ \t]*([^\n{#]{0,300})/m.exec(text.slice(0, 200_000));
  return match === null ? undefined : (match[1] ?? '').split(/\s+/).filter((zone) => zone !== '');
}

/** Where everything else is forwarded to: the addresses after `forward .` */
export function forwardTargets(text: string): readonly string[] {
  const match = /^[ \t]*forward[ \t]+\.[ \t]+([^\n{#]{1,300})/m.exec(text.slice(0, 200_000));
  return (match?.[1] ?? '').split(/\s+/).filter((target) => target !== '');
}
