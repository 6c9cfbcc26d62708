import type { WireObject } from '../../cluster/object.ts';
import type { DeclaredPort, ServicePort } from '../../cluster/service.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import type { ServiceFacts } from './service-map.ts';

/** What is wrong with one port of a Service. */
export type PortFault = {
  readonly code: FindingCode;
  readonly field: 'targetPort' | 'protocol';
  readonly observed: string;
  readonly expected: string;
  readonly why: string;
  readonly basis: Grounds['basis'];
  /** A second witness agrees. */
  readonly seconded: boolean;
  readonly signs: readonly string[];
};

/** The pods behind one port, and what they declare. */
export type PortCase = {
  readonly facts: ServiceFacts;
  readonly port: ServicePort;
  readonly pods: readonly WireObject[];
  readonly declared: readonly DeclaredPort[];
  readonly failures: readonly ConnectionFailure[];
};

/** `http 8080, 5353/UDP`: ports as people read them. */
export function sayPorts(declared: readonly DeclaredPort[]): string {
  const all = [
    ...new Set(
      declared.map(({ name, number, protocol }) => {
        const shown = protocol === 'TCP' ? String(number) : `${number}/${protocol}`;
        return name === undefined ? shown : `${name} ${shown}`;
      }),
    ),
  ];
  return all.length === 0 ? 'no port' : all.slice(0, 5).join(', ') + (all.length > 5 ? ', …' : '');
}
