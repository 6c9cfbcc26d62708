import { type Logger, pino } from 'pino';

/** The program's log: JSON lines on stderr, so that results stay alone on stdout. Tokens are never logged; these paths are a second net. */
export function createLog(): Logger {
  return pino(
    {
      level: 'info',
      redact: { paths: ['*.token', '*.headers.authorization', 'headers.authorization'], censor: '[REDACTED]' },
    },
    pino.destination(2),
  );
}
