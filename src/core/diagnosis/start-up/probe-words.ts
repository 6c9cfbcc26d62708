import type { ProbeField } from './probe-spec.ts';

/** What the kubelet's message says of one failed probe. `code`: an HTTP status. `speaks`: what the other side spoke instead. */
export type ProbeFailure =
  | { readonly is: 'refused' }
  | { readonly is: 'timeout' }
  /** No connection came about in time. A closed port looks like that to a gRPC client, which tries again until its time is over. */
  | { readonly is: 'unconnected' }
  | { readonly is: 'status'; readonly code: number }
  | { readonly is: 'other-protocol'; readonly speaks: 'http' | 'tls' | 'http2' | 'not-grpc-health' | 'other' }
  | { readonly is: 'unresolved-port' }
  | { readonly is: 'no-program'; readonly program: string | undefined }
  | { readonly is: 'other' }
  /** No event was kept: that it fails follows from the container's state alone. */
  | { readonly is: 'unheard' };

const prefixes: Readonly<Record<ProbeField, RegExp>> = {
  readinessProbe: /^Readiness probe (?:failed|errored)/,
  livenessProbe: /^Liveness probe (?:failed|errored)/,
  startupProbe: /^Startup probe (?:failed|errored)/,
};

/** Which probe an Unhealthy event speaks of. */
export function probeFieldOf(message: string): ProbeField | undefined {
  if (prefixes.readinessProbe.test(message)) return 'readinessProbe';
  if (prefixes.livenessProbe.test(message)) return 'livenessProbe';
  return prefixes.startupProbe.test(message) ? 'startupProbe' : undefined;
}

/**
 * Reads an Unhealthy event of the kubelet (its prober and Go's HTTP client, 1.28 to 1.35). What the probed process itself printed can stand in the
 * message of an exec probe: only the runtime's own sentence about the program counts there.
 */
export function readProbeFailure(message: string, by: 'httpGet' | 'tcpSocket' | 'grpc' | 'exec'): ProbeFailure {
  const text = message.slice(0, 4096);
  if (by === 'exec') return readExec(text);
  const status = /HTTP probe failed with statuscode: (\d{3})/.exec(text);
  if (status !== null) return { is: 'status', code: Number(status[1]) };
  if (/strconv\.Atoi: parsing|port [^\n]{0,80}not found|couldn't find port/.test(text))
    return { is: 'unresolved-port' };
  if (/server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/.test(text))
    return { is: 'other-protocol', speaks: 'http' };
  const malformed = /malformed HTTP (?:response|version|status code)(?: "([^\n]{0,40}))?/.exec(text);
  if (malformed !== null) return { is: 'other-protocol', speaks: speaksOf(malformed[1] ?? '') };
  if (/does not implement the grpc health protocol|code = Unimplemented/i.test(text))
    return { is: 'other-protocol', speaks: 'not-grpc-health' };
  if (
    by === 'grpc' &&
    /error reading server preface|frame too large|received unexpected content-type|malformed header/i.test(text)
  )
    return {
      is: 'other-protocol',
      speaks: /received unexpected content-type|frame too large/i.test(text) ? 'http' : 'other',
    };
  if (/connection refused/.test(text)) return { is: 'refused' };
  if (by === 'grpc' && /failed to connect service/.test(text)) return { is: 'unconnected' };
  if (
    /deadline exceeded|i\/o timeout|Client\.Timeout exceeded|timed out|did not complete within|within \d+m?s/.test(text)
  )
    return { is: 'timeout' };
  return { is: 'other' };
}

// The bytes as Go quotes them: a TLS alert begins with 0x15, an HTTP/2 settings frame with its length and type 4.
function speaksOf(quoted: string): 'tls' | 'http2' | 'other' {
  if (quoted.startsWith('\\x15\\x03')) return 'tls';
  return /^\\x00\\x00(?:\\x[0-9a-f]{2}|[^\\])\\x04/.test(quoted) ? 'http2' : 'other';
}

function readExec(text: string): ProbeFailure {
  if (/command timed out|command "[^\n]{0,400}" timed out|context deadline exceeded|DeadlineExceeded/.test(text))
    return { is: 'timeout' };
  const program =
    /exec: \\{0,3}"([^"\\]{1,256})\\{0,3}"?: (?:executable file not found|stat [^\n]{1,256}: no such file|permission denied)/.exec(
      text,
    );
  if (program !== null) return { is: 'no-program', program: program[1] };
  const shell = /(?:^|: )(?:\S{0,40}sh|line \d{1,4}|\d{1,4}): (?:\d{1,4}: )?([^\s:]{1,128}): not found/m.exec(text);
  if (shell !== null) return { is: 'no-program', program: shell[1] };
  return { is: 'other' };
}
