/**
 * What a person sees right after they acted. `nothing`: the app took it and said nothing back yet (what it posts afterwards
 * shows in the channel). `failure` is Slack's own sentence, or the client's refusal to send.
 */
export type Seen =
  | { readonly visible: 'nothing' }
  | { readonly visible: 'message'; readonly ts: string }
  | { readonly visible: 'ephemeral'; readonly text: string; readonly ts: string }
  | { readonly visible: 'modal'; readonly viewId: string; readonly errors?: Readonly<Record<string, string>> }
  | { readonly visible: 'failure'; readonly text: string };

/**
 * Slack's words where it fails. The wording is modelled on what people report: Slack documents that it fails visibly, not the
 * exact sentence.
 */
export const failureSentences = {
  commandInThread: (command: string): string => `${command} is not supported in threads. Sorry!`,
  unknownCommand: (command: string): string =>
    `${command} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`,
  commandTimedOut: (command: string): string => `${command} failed with the error "operation_timeout"`,
  commandUndelivered: (command: string): string => `${command} failed with the error "dispatch_failed"`,
  actionTimedOut: 'This app took too long to respond. Nothing may have happened; try again.',
  actionUndelivered: 'This app is not connected. Nothing was sent to it; try again when it is back.',
  submissionFailed: 'We had some trouble connecting. Try again?',
  elementGone: 'This button or menu is no longer there. Nothing was sent; look at the message as it is now.',
  notInChannel: 'You are not in this channel. Nothing was sent.',
  nothingTyped: 'There is nothing to send.',
  messageGone: 'This message is no longer there. Nothing was sent.',
  viewGone: 'This window is no longer open. Nothing was sent.',
  tooLong: 'This message is too long. Nothing was sent; shorten it or attach a file.',
} as const;

/** A failure the person sees. */
export function failure(text: string): Seen {
  return { visible: 'failure', text };
}
