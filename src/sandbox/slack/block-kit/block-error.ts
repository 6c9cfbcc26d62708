import type { Json } from '../json.ts';

/** One broken rule, in the shape `blocks.validate` answers: a JSON pointer, a code, a sentence, and the limit that was broken. */
export type BlockError = {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  readonly constraint?: Json;
};

/** Collects problems while a payload is walked. */
export type Report = (error: BlockError) => void;

/** Reports a missing field. */
export function reportMissing(report: Report, pointer: string, field: string): void {
  report({ pointer, code: 'missing_required_field', message: `missing required field: ${field}` });
}

/** The line a Web API answer carries for one error, as Slack words it. */
export function errorLine({ message, pointer }: BlockError): string {
  return `${message} [json-pointer:${pointer}]`;
}
