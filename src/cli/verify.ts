import type { Head } from '../core/journal/event.ts';
import { verifyExport } from '../core/journal/verify.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import { verifyTimelineDocument } from '../core/timeline/json.ts';

export type VerifyDependencies = {
  /** Verifies a data folder against the heads that are known elsewhere. `verify.damaged` is a bad journal, anything else one that could not be looked at. */
  readonly verifyFolder: (
    folder: string | undefined,
  ) => Promise<Result<{ readonly heads: readonly Head[]; readonly events: number }, Problem>>;
  readonly exportTimeline: (reference: string, upTo: number) => Promise<Result<{ readonly markdown: string }, Problem>>;
  /** What a path is: a folder, the bytes of a file, or not there. */
  readonly look: (path: string) => Promise<Result<'folder' | Uint8Array, Problem>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
};

type Verdict = Result<string, { readonly exit: 1 | 3; readonly sentence: string }>;

/**
 * `sre-copilot verify [INCIDENT | FILE | DIR]`: without an argument the data folder. A file is an exported `jsonl`, `json`, or `md`; a page is compared with what its journal says now.
 * Exit code: 0 everything holds · 1 something was changed, and which line · 2 wrong usage · 3 it could not be looked at.
 */
export async function verifyCommand(
  what: string | undefined,
  dependencies: VerifyDependencies,
): Promise<0 | 1 | 2 | 3> {
  const { stdout, stderr } = dependencies;
  const verdict = await verdictOn(what, dependencies);
  if (verdict.ok) {
    stdout(`${verdict.value}\n`);
    return 0;
  }
  stderr(`${verdict.error.sentence}\n`);
  return verdict.error.exit;
}

async function verdictOn(what: string | undefined, dependencies: VerifyDependencies): Promise<Verdict> {
  if (what === undefined) return folder(undefined, dependencies);
  if (/^INC-\d+$/i.test(what)) return incident(what.toUpperCase(), dependencies);
  const found = await dependencies.look(what);
  if (!found.ok) return fail({ exit: 3, sentence: found.error.sentence });
  return found.value === 'folder' ? folder(what, dependencies) : file(what, found.value, dependencies);
}

async function folder(path: string | undefined, { verifyFolder }: VerifyDependencies): Promise<Verdict> {
  const verified = await verifyFolder(path);
  if (!verified.ok)
    return fail({ exit: verified.error.code === 'journal.damaged' ? 1 : 3, sentence: verified.error.sentence });
  const { heads, events } = verified.value;
  return ok(
    [
      `${events} events in ${heads.length} streams: every hash, every link and every known head holds.`,
      ...heads.map(sayHead),
    ].join('\n'),
  );
}

async function incident(reference: string, { verifyFolder }: VerifyDependencies): Promise<Verdict> {
  const verified = await verifyFolder(undefined);
  if (!verified.ok)
    return fail({ exit: verified.error.code === 'journal.damaged' ? 1 : 3, sentence: verified.error.sentence });
  const head = verified.value.heads.find(({ stream }) => stream === `incident/${reference}`);
  if (head === undefined) return fail({ exit: 3, sentence: `There is no incident ${reference} in this journal.` });
  return ok(`${reference}: ${head.seq} events, every hash and link holds.\n${sayHead(head)}`);
}

async function file(path: string, bytes: Uint8Array, dependencies: VerifyDependencies): Promise<Verdict> {
  const text = new TextDecoder().decode(bytes);
  const page = pageHead(text);
  if (page !== undefined) return markdown(page, text, dependencies);
  if (!path.endsWith('.jsonl') && text.trimStart().startsWith('{\n')) {
    const checked = verifyTimelineDocument(parse(text));
    return checked.ok
      ? ok(`${path}: the events are genuine, and the timeline says what they say.\n${sayHead(checked.value)}`)
      : fail({ exit: 1, sentence: `${path}: ${checked.error.sentence}` });
  }
  const verified = verifyExport(bytes);
  return verified.ok
    ? ok(`${path}: ${verified.value.seq} events, every hash and link holds.\n${sayHead(verified.value)}`)
    : fail({ exit: 1, sentence: `${path}: ${verified.error.sentence}` });
}

/** A page cannot prove itself: it is rendered again from the journal it names, and compared. */
async function markdown(
  { reference, seq }: PageHead,
  text: string,
  { exportTimeline }: VerifyDependencies,
): Promise<Verdict> {
  const rendered = await exportTimeline(reference, seq);
  if (!rendered.ok) {
    return fail({
      exit: 3,
      sentence: `A page is checked beside its journal, and that could not be read: ${rendered.error.sentence}`,
    });
  }
  const [wanted, given] = [rendered.value.markdown.split('\n'), text.split('\n')];
  const at = wanted.findIndex((line, index) => line !== given[index]);
  if (at < 0 && wanted.length === given.length)
    return ok(`The page is exactly what the first ${seq} events of ${reference} say.`);
  const line = at < 0 ? wanted.length + 1 : at + 1;
  return fail({
    exit: 1,
    sentence: `Line ${line} of the page is not what the journal of ${reference} says: the page was changed.`,
  });
}

function pageHead(text: string): PageHead | undefined {
  const found = /<!-- \{"hash":"[0-9a-f]{64}","seq":(\d+),"stream":"incident\/([A-Z]+-\d+)"\} -->\s*$/.exec(text);
  const [, seq, reference] = found ?? [];
  return seq === undefined || reference === undefined ? undefined : { reference, seq: Number(seq) };
}

type PageHead = { readonly reference: string; readonly seq: number };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sayHead({ stream, seq, hash }: Head): string {
  return `${stream} ends at ${seq}, ${hash}`;
}
