import { refOf, sayRef } from '../../cluster/object.ts';
import { textAt } from '../../cluster/wire.ts';
import { fromLog, fromObject } from '../support.ts';
import type { ClusterDns } from './cluster-dns.ts';
import { faultInCorefile, forwardTargets } from './corefile.ts';
import { type DnsFault, logsOf, restarts, sayState, unready } from './dns-fault.ts';
import type { ServicePathContext } from './service-path-context.ts';

const refusedFile =
  /Corefile:(\d{1,6})[^\n]{0,40}(?:Error during parsing|Unknown directive|not a valid|Wrong argument|Unexpected|unexpected)[^\n]{0,300}|plugin\/[a-z0-9_]{1,30}: (?:unknown property|Wrong argument|not an? [^\n]{1,60}|unable to parse)[^\n]{0,200}/;
const looped = /plugin\/loop: Loop \([^)\n]{1,120}\) detected[^\n]{0,200}/;

export function brokenCorefile({ view, now }: ServicePathContext, { pods, configs }: ClusterDns): DnsFault | undefined {
  const [config] = configs;
  if (config === undefined) return undefined;
  const fault = faultInCorefile(textAt(config, 'data', 'Corefile') ?? '');
  const logs = logsOf(view, pods);
  const told = logs.flatMap(({ pod, log }) => {
    const line = refusedFile.exec(log.text.slice(-20_000))?.[0] ?? looped.exec(log.text.slice(-20_000))?.[0];
    return line === undefined ? [] : [{ pod, log, line }];
  });
  const down = unready(pods, now);
  const [first] = told;
  // A process that runs keeps the file it started with; a line of its log may be about one that was mended since.
  if (fault === undefined && !(down && first !== undefined)) return undefined;
  const isLoop = first !== undefined && looped.test(first.line);
  const line = first?.line.slice(0, 200);
  return {
    object: config,
    summary: `${down ? 'Names are not resolved in the cluster' : 'CoreDNS will not start again'}: the Corefile in ${sayRef(refOf(config))} ${fault === undefined ? (isLoop ? 'forwards to CoreDNS itself' : 'cannot be read') : `has ${fault.observed} in line ${fault.line}`}${line === undefined ? '' : ` (${line})`}.`,
    cause: {
      path: 'data.Corefile',
      observed:
        fault === undefined
          ? isLoop
            ? `forward . ${forwardTargets(textAt(config, 'data', 'Corefile') ?? '').join(' ')}`
            : (line ?? '')
          : `line ${fault.line}: ${fault.observed}`,
      expected:
        fault?.expected ?? (isLoop ? 'name servers that are not CoreDNS itself' : 'a Corefile that CoreDNS can read'),
    },
    support: [
      fromObject(
        config,
        now,
        fault === undefined ? 'it holds the Corefile' : `line ${fault.line} of the Corefile: ${fault.observed}`,
      ),
      ...pods.slice(0, 1).map((pod) => fromObject(pod, now, sayState(pod))),
      ...(first === undefined ? [] : [fromLog(first.pod, first.log, 4)]),
    ],
    grounds: {
      basis: down && (fault !== undefined || first !== undefined) ? 'stated' : 'inferred',
      current: true,
      repeated: down && (pods.length > 1 || (fault !== undefined && first !== undefined) || restarts(pods) > 1),
    },
  };
}
