import type { Channel, Ephemeral, Message, Person, ThreadStatus } from './records.ts';

/**
 * What changed in the workspace. The page draws it and the Events API is derived from it, so both tell the same story.
 *
 * `message-touched` is a change that Slack sends no `message_changed` for: reply counts, reactions, pins.
 */
export type Change =
  | { readonly kind: 'message-posted'; readonly message: Message }
  | { readonly kind: 'message-changed'; readonly message: Message; readonly previous: Message }
  | { readonly kind: 'message-touched'; readonly message: Message }
  | { readonly kind: 'message-deleted'; readonly previous: Message }
  | { readonly kind: 'reaction-added'; readonly message: Message; readonly user: string; readonly name: string }
  | { readonly kind: 'pin-added'; readonly message: Message; readonly user: string }
  | { readonly kind: 'member-joined'; readonly channel: Channel; readonly user: string }
  | { readonly kind: 'ephemeral-shown'; readonly ephemeral: Ephemeral }
  | { readonly kind: 'ephemeral-gone'; readonly ephemeral: Ephemeral }
  | { readonly kind: 'views-changed'; readonly person: Person['id'] }
  | { readonly kind: 'status-changed'; readonly status: ThreadStatus }
  | { readonly kind: 'connections-changed'; readonly count: number };
