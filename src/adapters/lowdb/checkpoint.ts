import { join } from 'node:path';
import { Low } from 'lowdb';
import type { z } from 'zod';
import type { Head } from '../../core/journal/event.ts';
import type { Problem } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Position } from '../../ports/journal.ts';
import { type CheckpointData, createCheckpointFile } from './checkpoint-file.ts';

/** The read model at a position of the journal. `incidents` are summaries whose shape the caller knows. */
type ReadModel = {
  readonly position: Position;
  readonly heads: readonly Head[];
  readonly incidents: readonly Readonly<Record<string, unknown>>[];
};

/** What a projection keeps: its data, and the journal position up to which they are true. */
type ProjectionState<T> = { readonly position: Position; readonly data: T };

/**
 * What can be rebuilt from the journal but need not be on every start. Setting is immediate in memory and costs no I/O; the file follows. Values
 * belong to the checkpoint once set: change them no more, set new ones.
 */
export type Checkpoint = {
  /** `nothing`: a first start. `broken`: the file could not be used, which was reported. Both: rebuild from position 0. */
  readonly origin: 'file' | 'nothing' | 'broken';
  readModel(): ReadModel;
  setReadModel(model: ReadModel): void;
  /** What a projection stored, undefined when there is nothing or when it does not fit the schema (reported): then rebuild it. */
  get<T>(name: string, schema: z.ZodType<T>): ProjectionState<T> | undefined;
  set(name: string, state: ProjectionState<unknown>): void;
  /** Writes what was set. Resolves also when the disk refuses: that was reported, and the next write tries again. */
  flush(): Promise<void>;
  /** Flushes and stops; what is set later is not written. Idempotent. */
  close(): Promise<void>;
};

export type CheckpointOptions = {
  /** The data folder; the file is `checkpoint.json` in it. */
  readonly folder: string;
  /** From the first change to the write; changes in between share it. 1 s unless told. */
  readonly debounceMs?: number;
  readonly clock: Clock;
  readonly onProblem: (problem: Problem<'checkpoint.broken' | 'checkpoint.unavailable'>) => void;
};

const defaultDebounceMs = 1000;

/** Opens the checkpoint of a data folder. Never fails: it is a convenience, and the journal is the truth. */
export async function openCheckpoint(options: CheckpointOptions): Promise<Checkpoint> {
  const { clock, onProblem, debounceMs = defaultDebounceMs } = options;
  const path = join(options.folder, 'checkpoint.json');
  const file = createCheckpointFile(path);
  const database = new Low<CheckpointData>(file, {
    version: 1,
    heads: [],
    position: 0,
    incidents: [],
    projections: {},
  });
  await database.read();
  const origin = file.lastRead();
  if (origin.found === 'broken') {
    onProblem({
      code: 'checkpoint.broken',
      sentence: `The checkpoint ${path} can not be used (${origin.why}); nothing is lost, it is rebuilt from the journal, which makes this start slower.`,
    });
  }

  const closing = new AbortController();
  let isDirty = false;
  let isScheduled = false;
  let isFailing = false;
  let writing: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;

  function changed(): void {
    isDirty = true;
    if (isScheduled || closing.signal.aborted) return;
    isScheduled = true;
    clock.sleep(debounceMs, closing.signal).then(
      () => {
        isScheduled = false;
        return flush();
      },
      // Aborted by close, which writes itself.
      () => undefined,
    );
  }

  function flush(): Promise<void> {
    writing = writing.then(writeOnce);
    return writing;
  }

  async function writeOnce(): Promise<void> {
    if (!isDirty) return;
    isDirty = false;
    try {
      await database.write();
      isFailing = false;
    } catch (error) {
      // Once for a disk that stays full, not once a second.
      if (!isFailing) {
        onProblem({
          code: 'checkpoint.unavailable',
          sentence: `The checkpoint ${path} could not be written (${error instanceof Error ? error.message : String(error)}); nothing is lost, it is tried again. Check space and permissions of the disk.`,
        });
      }
      isFailing = true;
      changed();
    }
  }

  return {
    origin: origin.found,
    readModel: () => ({
      position: database.data.position,
      heads: database.data.heads,
      incidents: database.data.incidents,
    }),
    setReadModel({ position, heads, incidents }) {
      database.data = { ...database.data, position, heads: [...heads], incidents: [...incidents] };
      changed();
    },
    get(name, schema) {
      const stored = Object.hasOwn(database.data.projections, name) ? database.data.projections[name] : undefined;
      if (stored === undefined) return undefined;
      const parsed = schema.safeParse(stored.data);
      if (parsed.success) return { position: stored.position, data: parsed.data };
      onProblem({
        code: 'checkpoint.broken',
        sentence: `What the checkpoint ${path} holds for ${name} does not fit (${parsed.error.issues.map((issue) => issue.path.map(String).join('.') || name).join(', ')}); nothing is lost, it is rebuilt from the journal.`,
      });
      return undefined;
    },
    set(name, { position, data }) {
      database.data.projections = { ...database.data.projections, [name]: { position, data } };
      changed();
    },
    flush,
    close() {
      closing.abort();
      closed ??= flush();
      return closed;
    },
  };
}
