import { createNodeLogFs, type LogFile, type LogFs } from '../../../src/adapters/jsonl/log-fs.ts';

export type LogOperation =
  | 'open'
  | 'create'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'read'
  | 'size'
  | 'syncFolder'
  | 'list'
  | 'makeFolder';
type Fault = {
  readonly code: string /** Of a write: so many bytes are written all the same. */;
  readonly bytesWritten?: number;
};

export type FaultyLogFs = LogFs & {
  /** Every operation so far, in order. */
  readonly ledger: readonly LogOperation[];
  /** Decides about each operation from now on; `nth` counts the operations of that name from 1, since `plan` was set. */
  plan(decide: ((operation: LogOperation, nth: number) => Fault | undefined) | undefined): void;
};

/** The real file system, with a disk that fails when it is told to. */
export function createFaultyLogFs(): FaultyLogFs {
  const real = createNodeLogFs();
  const ledger: LogOperation[] = [];
  let counts = new Map<LogOperation, number>();
  let decide: ((operation: LogOperation, nth: number) => Fault | undefined) | undefined;

  const faultOf = (operation: LogOperation): Fault | undefined => {
    ledger.push(operation);
    const nth = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, nth);
    return decide?.(operation, nth);
  };
  const guard = (operation: LogOperation) => {
    const fault = faultOf(operation);
    if (fault !== undefined) throw systemError(fault.code, operation);
  };

  const faultyFile = (file: LogFile): LogFile => ({
    async write(bytes, offset) {
      const fault = faultOf('write');
      if (fault === undefined) return file.write(bytes, offset);
      if (fault.bytesWritten) await file.write(bytes.subarray(0, fault.bytesWritten), offset);
      throw systemError(fault.code, 'write');
    },
    read: async (into, offset) => {
      guard('read');
      return file.read(into, offset);
    },
    datasync: async () => {
      guard('datasync');
      await file.datasync();
    },
    truncate: async (bytes) => {
      guard('truncate');
      await file.truncate(bytes);
    },
    size: async () => {
      guard('size');
      return file.size();
    },
    close: () => file.close(),
  });

  return {
    ledger,
    plan(next) {
      counts = new Map();
      decide = next;
    },
    open: async (path, mode) => {
      guard(mode === 'create' ? 'create' : 'open');
      return faultyFile(await real.open(path, mode));
    },
    makeFolder: async (path) => {
      guard('makeFolder');
      await real.makeFolder(path);
    },
    list: async (folder) => {
      guard('list');
      return real.list(folder);
    },
    syncFolder: async (folder) => {
      guard('syncFolder');
      await real.syncFolder(folder);
    },
  };
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
}
