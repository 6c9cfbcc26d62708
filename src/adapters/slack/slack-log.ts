import { type Logger, LogLevel } from '@slack/bolt';

/** Where the Slack adapter tells how it is: `warn` for what a person should know, `debug` for what its libraries say. A pino logger fits. */
export type SlackLog = {
  info(sentence: string): void;
  warn(sentence: string): void;
  debug(line: string): void;
};

/**
 * Slack's libraries log each try of each call as an error, and payloads when asked for more. The co-pilot tells what matters in sentences of its own,
 * so theirs go to `debug`, and payloads nowhere.
 */
export function quietLogger(log: SlackLog): Logger {
  const tell =
    (level: string) =>
    (...parts: unknown[]) => {
      log.debug(`slack library (${level}): ${parts.map(briefly).join(' ').slice(0, 500)}`);
    };
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: tell('warn'),
    error: tell('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

function briefly(part: unknown): string {
  return part instanceof Error ? part.message : String(part);
}
