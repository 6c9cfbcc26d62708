import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { containerStatusesOf } from '../../../../src/core/cluster/pod.ts';
import { cutText } from '../../../../src/core/diagnosis/cut-text.ts';
import { crashSignOf } from '../../../../src/core/diagnosis/runtime/crash-sign.ts';
import { downNeighbourOf } from '../../../../src/core/diagnosis/runtime/down-neighbour.ts';
import { sayEnd } from '../../../../src/core/diagnosis/runtime/exit-code.ts';
import { backOff, minute, now, pod, second, terminated } from '../../../support/shop-objects.ts';
import { running } from '../start-up/app-objects.ts';

describe('crashSignOf', () => {
  it.each<[line: string, is: string]>([
    [
      'unable to load configmap x: Get "https://10.0.0.1:443/api": dial tcp 10.0.0.1:443: i/o timeout',
      'a dependency that does not answer',
    ],
    ['failed to parse config /etc/app.yaml: line 3', 'a configuration that cannot be read'],
    ["KeyError: 'discounts'", 'an unhandled exception'],
    ["KeyError: 'DATABASE_URL'", 'a required setting that is not set'],
  ])('%s', (line, is) => {
    expect(crashSignOf([line])).toMatchObject({ is });
  });

  it('shows the line that starts an error, not one of its properties, and without the place before it', () => {
    expect(
      crashSignOf(['Error: connect ECONNREFUSED 10.0.0.9:80', "  code: 'ECONNREFUSED',", "  severity: 'FATAL',"])?.line,
    ).toBe('Error: connect ECONNREFUSED 10.0.0.9:80');
    expect(crashSignOf(["/app/a.rb:3:in `load': cannot load such file -- pg (LoadError)"])?.line).toBe(
      'cannot load such file -- pg (LoadError)',
    );
    expect(crashSignOf(["  code: 'ECONNREFUSED',"])).toBeDefined();
  });
});

describe('sayEnd', () => {
  it('says a Go panic only where one is seen, and both meanings of 2 elsewhere', () => {
    const end = { exitCode: 2, reason: 'Error' };
    expect(sayEnd(end, ['panic: boom'])).toBe('exit code 2, a Go panic');
    expect(sayEnd(end)).toContain('wrong use of a command');
  });
});

describe('cutText', () => {
  it('ends at a word, and leaves what is short alone', () => {
    expect(cutText('one two three', 9)).toBe('one two…');
    expect(cutText('one', 9)).toBe('one');
    expect(cutText('abcdefghijkl', 5)).toBe('abcd…');
  });
});

describe('downNeighbourOf', () => {
  const down = backOff(terminated({ agoMs: 10 * second }));
  function shop(proxy: object, port = 5432): WireObject {
    const made = pod({
      name: 'api-0',
      containers: [
        { name: 'api', status: down },
        { name: 'proxy', status: { ...proxy } },
      ],
      ready: false,
    });
    const { spec } = made as unknown as { spec: { containers: { name: string }[] } };
    const containers = spec.containers.map((one) =>
      one.name === 'proxy' ? { ...one, ports: [{ containerPort: port }] } : one,
    );
    return { ...made, spec: { ...spec, containers } } as WireObject;
  }
  function find(own: WireObject, text: string) {
    const view = createClusterView(
      [own],
      [{ namespace: 'shop', pod: 'api-0', container: 'api', previous: true, text, at: now }],
    );
    const [status] = containerStatusesOf(own).filter(({ name }) => name === 'api');
    return status === undefined ? undefined : downNeighbourOf({ view, now }, { pod: own, status })?.name;
  }
  const refused = 'panic: dial tcp 127.0.0.1:5432: connect: connection refused';

  it('is the container whose port is refused on the loopback address and that is down', () => {
    expect(find(shop(down), refused)).toBe('proxy');
    expect(find(shop(down), 'Error: connect ECONNREFUSED ::1:5432')).toBe('proxy');
  });

  it.each<[why: string, own: WireObject, text: string]>([
    ['it runs well', shop(running(30 * minute, { ready: true })), refused],
    ['the port is nobody’s', shop(down, 6000), refused],
    ['another host refuses', shop(down), 'dial tcp 10.96.0.9:5432: connect: connection refused'],
  ])('is nobody when %s', (_why, own, text) => {
    expect(find(own, text)).toBeUndefined();
  });
});
