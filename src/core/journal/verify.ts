import { z } from 'zod';
import { canonicalJson, sha256 } from '../digest.ts';
import { fail, ok, type Result } from '../result.ts';
import { bodyOf, fieldsOf, hashedPartOf, headLine, headOf } from './chain.ts';
import { type Head, type JournalEvent, journalEventSchema, noPrevious, ownerOf, streamOf } from './event.ts';

type ChainFaultCode =
  | 'chain.not-utf8'
  | 'chain.not-json'
  | 'chain.not-event'
  | 'chain.not-canonical'
  | 'chain.wrong-hash'
  | 'chain.wrong-seq'
  | 'chain.wrong-prev'
  | 'chain.foreign-stream'
  | 'chain.line-added'
  | 'chain.head-missing'
  | 'chain.head-differs'
  | 'chain.shorter-than-head'
  | 'chain.differs-from-head';

/** The first thing that is wrong, and the line (from 1) where it is. Sentences never quote the line. */
export type ChainFault = { readonly line: number; readonly code: ChainFaultCode; readonly sentence: string };
type LineFault = Omit<ChainFault, 'line'>;

export type VerifyOptions = {
  /** Heads kept elsewhere (read model, Slack root, an older export): a chain must reach and contain each of them. */
  readonly knownHeads?: readonly Head[];
};

const headSchema = z.strictObject({
  hash: journalEventSchema.shape.hash,
  seq: z.int().positive(),
  stream: z.string().min(1),
});

/** Reads one stored line as an event, without any proof that it is what was sealed: for lines that were verified before. */
export function readLine(line: string): Result<JournalEvent, LineFault> {
  return eventOf(parseJson(line));
}

/**
 * Reads one stored line and proves that it is what was sealed: JSON, an event, byte for byte the canonical form (so no duplicate key, no
 * space, no other spelling of a number), and its own hash. Whether it continues its stream is not known from one line.
 */
export function openLine(line: string): Result<JournalEvent, LineFault> {
  const raw = parseJson(line);
  const event = eventOf(raw);
  if (!event.ok) return event;
  if (!isCanonical(raw, line)) {
    return lineFault(
      'chain.not-canonical',
      'is not in canonical form (a space, a repeated key, another order or spelling): it was rewritten.',
    );
  }
  if (sha256(hashedPartOf(line)) !== event.value.hash) {
    return lineFault('chain.wrong-hash', 'does not have the hash it claims: it was changed after it was recorded.');
  }
  return event;
}

function eventOf(raw: unknown): Result<JournalEvent, LineFault> {
  if (raw === undefined) return lineFault('chain.not-json', 'is not JSON: it was changed, cut or mixed with another.');
  const parsed = journalEventSchema.safeParse(raw);
  if (!parsed.success) return lineFault('chain.not-event', `is not a journal event: ${fieldsOf(parsed.error)}.`);
  if (ownerOf(streamOf(parsed.data.incident)) !== parsed.data.incident) {
    return lineFault('chain.not-event', 'is not a journal event: incident names no stream.');
  }
  return ok({
    ...parsed.data,
    body: typeof raw === 'object' && raw !== null ? bodyOf(raw, parsed.data.body) : parsed.data.body,
  });
}

export type ChainVerifier = {
  /** Checks the next line. After a fault the verifier must not be used again. */
  check(line: string, lineNumber: number): Result<JournalEvent, ChainFault>;
  /** Checks known heads against what was seen, then gives the ends of all streams. */
  finish(): Result<readonly Head[], ChainFault>;
};

/** Verifies lines one by one. Streams may be interleaved, as they are in the log of a data folder. */
export function createChainVerifier(options: VerifyOptions = {}): ChainVerifier {
  const ends = new Map<string, { head: Head; line: number }>();
  const known = new Map<string, Head[]>();
  for (const head of options.knownHeads ?? []) known.set(head.stream, [...(known.get(head.stream) ?? []), head]);

  return {
    check(line, lineNumber) {
      const opened = openLine(line);
      if (!opened.ok)
        return fail({ ...opened.error, line: lineNumber, sentence: `Line ${lineNumber} ${opened.error.sentence}` });
      const event = opened.value;
      const stream = streamOf(event.incident);
      const end = ends.get(stream)?.head;
      const fault = linkFault(event, stream, end) ?? knownHeadFault(event, known.get(stream));
      if (fault !== undefined)
        return fail({ ...fault, line: lineNumber, sentence: `Line ${lineNumber} ${fault.sentence}` });
      ends.set(stream, { head: headOf(event), line: lineNumber });
      return ok(event);
    },
    finish() {
      for (const head of options.knownHeads ?? []) {
        const end = ends.get(head.stream);
        if ((end?.head.seq ?? 0) >= head.seq) continue;
        return fail({
          line: end?.line ?? 0,
          code: 'chain.shorter-than-head',
          sentence: `${head.stream} ends at event ${end?.head.seq ?? 0} (line ${end?.line ?? 0}), but was known to reach ${head.seq}: events were removed.`,
        });
      }
      return ok([...ends.values()].map(({ head }) => head));
    },
  };
}

/** Verifies lines of any number of streams, without line ends, in the order of the file. Gives the ends of the streams, or the first fault. */
export function verifyChain(lines: Iterable<string>, options: VerifyOptions = {}): Result<readonly Head[], ChainFault> {
  const verifier = createChainVerifier(options);
  let lineNumber = 0;
  for (const line of lines) {
    const checked = verifier.check(line, ++lineNumber);
    if (!checked.ok) return checked;
  }
  return verifier.finish();
}

/**
 * Verifies an exported file: the events of one stream, then its head as the last line. Bytes are decoded strictly; a text was decoded by the
 * caller. One line end after the head is part of the format, anything else after it is not.
 */
export function verifyExport(file: string | Uint8Array, options: VerifyOptions = {}): Result<Head, ChainFault> {
  const decoded = typeof file === 'string' ? ok(file) : decodeStrictly(file);
  if (!decoded.ok) return decoded;
  const lines = decoded.value.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const verifier = createChainVerifier(options);
  let end: Head | undefined;
  for (const [index, line] of lines.entries()) {
    const lineNumber = index + 1;
    const head = headSchema.safeParse(parseJson(line));
    if (head.success)
      return verifyHeadLine(verifier, { line, lineNumber, claimed: head.data, end, lines: lines.length });
    const checked = verifier.check(line, lineNumber);
    if (!checked.ok) return checked;
    const reached = headOf(checked.value);
    if (end !== undefined && end.stream !== reached.stream) {
      return fail({
        line: lineNumber,
        code: 'chain.foreign-stream',
        sentence: `Line ${lineNumber} belongs to ${reached.stream}, the lines before to ${end.stream}: an export holds one stream.`,
      });
    }
    end = reached;
  }
  return fail({
    line: Math.max(1, lines.length),
    code: 'chain.head-missing',
    sentence: `The file ends at line ${lines.length} without its head: the end is missing, or it is not an export of this tool.`,
  });
}

type HeadLine = {
  readonly line: string;
  readonly lineNumber: number;
  readonly claimed: Head;
  readonly end: Head | undefined;
  readonly lines: number;
};

function verifyHeadLine(verifier: ChainVerifier, at: HeadLine): Result<Head, ChainFault> {
  const { line, lineNumber, claimed, end, lines } = at;
  const wrong = (code: ChainFaultCode, sentence: string, where = lineNumber) => fail({ line: where, code, sentence });
  if (line !== headLine(claimed)) {
    return wrong('chain.not-canonical', `Line ${lineNumber} (the head) is not in canonical form: it was rewritten.`);
  }
  if (end === undefined || headLine(end) !== line) {
    return wrong(
      'chain.head-differs',
      `Line ${lineNumber} (the head) names ${claimed.stream} event ${claimed.seq}, but the lines before it end ${
        end === undefined ? 'nowhere' : `at ${end.stream} event ${end.seq}`
      }, or with another hash: lines are missing, or the head is of another file.`,
    );
  }
  if (lineNumber < lines) {
    return wrong('chain.line-added', `Line ${lineNumber + 1} follows the head: it was added.`, lineNumber + 1);
  }
  const finished = verifier.finish();
  return finished.ok ? ok(claimed) : finished;
}

function linkFault(event: JournalEvent, stream: string, end: Head | undefined): LineFault | undefined {
  const expectedSeq = (end?.seq ?? 0) + 1;
  if (event.seq > expectedSeq) {
    return {
      code: 'chain.wrong-seq',
      sentence: `is event ${event.seq} of ${stream} where ${expectedSeq} was expected: lines before it are missing, or out of order.`,
    };
  }
  if (event.seq < expectedSeq) {
    return {
      code: 'chain.wrong-seq',
      sentence: `is event ${event.seq} of ${stream} where ${expectedSeq} was expected: it was repeated, added or moved.`,
    };
  }
  if (event.prev !== (end?.hash ?? noPrevious)) {
    return {
      code: 'chain.wrong-prev',
      sentence: `does not continue the event before it in ${stream}: one of the two was replaced.`,
    };
  }
  return undefined;
}

// A chain that was rewritten from some event on is whole in itself; only a head that was kept elsewhere tells.
function knownHeadFault(event: JournalEvent, heads: readonly Head[] | undefined): LineFault | undefined {
  if (!heads?.some((head) => head.seq === event.seq && head.hash !== event.hash)) return undefined;
  return {
    code: 'chain.differs-from-head',
    sentence: `is not the event ${event.seq} that ${streamOf(event.incident)} was known to have: the stream was rewritten.`,
  };
}

function decodeStrictly(bytes: Uint8Array): Result<string, ChainFault> {
  try {
    // A byte order mark must stay visible (it is an added byte), and a wrong byte must not become U+FFFD, which has a right form.
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return fail({
      line: lineOfBrokenUtf8(bytes),
      code: 'chain.not-utf8',
      sentence: 'The file is not UTF-8 text: it was changed.',
    });
  }
}

function lineOfBrokenUtf8(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    line += 1;
    start = end + 1;
  }
  return line;
}

function isCanonical(raw: unknown, line: string): boolean {
  try {
    return canonicalJson(raw) === line;
  } catch {
    // A lone surrogate, written as an escape, is JSON without a canonical form.
    return false;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function lineFault(code: ChainFaultCode, sentence: string): Result<never, LineFault> {
  return fail({ code, sentence });
}
