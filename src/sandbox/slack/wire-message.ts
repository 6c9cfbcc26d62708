import type { JsonObject } from './json.ts';
import type { Message } from './records.ts';

/** A message as Slack sends it: inside its channel, so without the channel's id. Metadata only where it was asked for. */
export function wireMessage(
  message: Message,
  options: { withMetadata: boolean } = { withMetadata: false },
): JsonObject {
  const { channel, metadata, ...wire } = message;
  return options.withMetadata && metadata !== undefined ? { ...wire, metadata } : wire;
}
