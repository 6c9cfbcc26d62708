import { describe, expect, it } from 'vitest';
import { saidMissing } from '../../../../src/core/diagnosis/start-up/configuration-words.ts';
import { execFailureOf } from '../../../../src/core/diagnosis/start-up/exec-failure.ts';
import { probeFieldOf, readProbeFailure } from '../../../../src/core/diagnosis/start-up/probe-words.ts';
import { securityRefusalOf } from '../../../../src/core/diagnosis/start-up/security-words.ts';

describe('saidMissing', () => {
  it.each<[message: string, expected: object[]]>([
    ['configmap "a" not found', [{ kind: 'ConfigMap', name: 'a' }]],
    ['configmaps "a" not found', [{ kind: 'ConfigMap', name: 'a' }]],
    [
      '[configmap "a" not found, secret "b" not found]',
      [
        { kind: 'ConfigMap', name: 'a' },
        { kind: 'Secret', name: 'b' },
      ],
    ],
    ["couldn't find key k.x in ConfigMap shop/a", [{ kind: 'ConfigMap', name: 'a', key: 'k.x' }]],
    ["couldn't find key k in Secret shop/b", [{ kind: 'Secret', name: 'b', key: 'k' }]],
    ['references non-existent secret key: tls.crt', []],
    ['secret references non-existent secret key: tls.crt', [{ kind: 'Secret', key: 'tls.crt' }]],
    ['serviceaccount "a" not found', []],
    ['', []],
  ])('reads %s', (message, expected) => {
    expect(saidMissing(message)).toMatchObject(expected);
    expect(saidMissing(message)).toHaveLength(expected.length);
  });
});

describe('execFailureOf', () => {
  it.each<[message: string, expected: object | undefined]>([
    ['exec: "x": executable file not found in $PATH: unknown', { is: 'not-found', program: 'x' }],
    ['exec: \\"x\\": executable file not found in $PATH', { is: 'not-found', program: 'x' }],
    ['executable file `x` not found in $PATH: No such file or directory', { is: 'not-found', program: 'x' }],
    ['exec: "/a b": stat /a b: no such file or directory', { is: 'not-found', program: '/a b' }],
    ['exec: "/etc": is a directory: permission denied', { is: 'not-executable', program: '/etc' }],
    ['exec /app/x: exec format error', { is: 'wrong-format', program: '/app/x' }],
    ['failed to generate container spec: no command specified', { is: 'no-command' }],
    ['error mounting "/a" to rootfs at "/b": exec: "x": no such file or directory', undefined],
    ['something else: no such file or directory', undefined],
  ])('reads %s', (message, expected) => {
    if (expected === undefined) expect(execFailureOf(message)).toBeUndefined();
    else expect(execFailureOf(message)).toMatchObject(expected);
  });
});

describe('readProbeFailure', () => {
  it.each<[message: string, by: 'httpGet' | 'tcpSocket' | 'grpc' | 'exec', expected: object]>([
    ['Liveness probe failed: dial tcp 10.0.0.1:1: connect: connection refused', 'tcpSocket', { is: 'refused' }],
    [
      'Readiness probe failed: Get "http://10.0.0.1:80/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      'httpGet',
      { is: 'timeout' },
    ],
    [
      'Readiness probe failed: timeout: failed to connect service "10.0.0.1:9" within 1s: context deadline exceeded',
      'grpc',
      { is: 'unconnected' },
    ],
    ['Readiness probe failed: HTTP probe failed with statuscode: 500', 'httpGet', { is: 'status', code: 500 }],
    [
      'Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "web": invalid syntax',
      'httpGet',
      { is: 'unresolved-port' },
    ],
    [
      'Readiness probe failed: Get "https://10.0.0.1:80/": tls: first record does not look like a TLS handshake',
      'httpGet',
      { is: 'other-protocol', speaks: 'http' },
    ],
    ['Readiness probe failed: command timed out: "sleep 9" timed out after 1s', 'exec', { is: 'timeout' }],
    ['Readiness probe failed: /bin/sh: 1: curl: not found', 'exec', { is: 'no-program', program: 'curl' }],
    // What the probed command prints is no word of the kubelet.
    ['Readiness probe failed: HTTP probe failed with statuscode: 404', 'exec', { is: 'other' }],
    ['Readiness probe failed: ', 'exec', { is: 'other' }],
  ])('reads %s', (message, by, expected) => {
    expect(readProbeFailure(message, by)).toMatchObject(expected);
  });

  it('knows which probe is meant', () => {
    expect(
      [
        'Readiness probe failed: x',
        'Liveness probe errored: x',
        'Startup probe failed: x',
        'My Readiness probe failed',
      ].map(probeFieldOf),
    ).toEqual(['readinessProbe', 'livenessProbe', 'startupProbe', undefined]);
  });
});

describe('securityRefusalOf', () => {
  it.each<[message: string, is: string | undefined]>([
    ['container has runAsNonRoot and image will run as root (pod: "a", container: b)', 'runs-as-root'],
    [
      'container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root',
      'user-not-numeric',
    ],
    ["container's runAsUser breaks non-root policy", 'user-is-root'],
    [
      'failed to create containerd container: cannot load seccomp profile "/a/b.json": open /a/b.json: no such file or directory',
      'seccomp-missing',
    ],
    ['failed to create containerd container: apparmor profile not found my-profile', 'apparmor-missing'],
    ['configmap "a" not found', undefined],
  ])('reads %s', (message, is) => {
    expect(securityRefusalOf(message)?.is).toBe(is);
  });
});
