// Each alternative stops at the next escape or terminator, so that a text full of beginnings is still read once.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const escapeSequences = /\u001b\[[0-9;?:<=>]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

// C0 and C1 controls except tab and newline; soft hyphen, zero-width and bidi controls, byte order mark, invisible tag characters and
// the variation selectors beyond the common sixteen.
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e01ef}]/gu;

/**
 * Takes out what a person cannot see and a program may obey: terminal escape sequences, control characters (tab and newline stay), zero-width and
 * bidi characters. Applied before anything is looked for, since they can split a secret in two.
 */
export function stripControls(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(escapeSequences, '') : text;
  return plain.replace(invisible, '');
}
