import { openJsonlJournal } from '../../../src/adapters/jsonl/jsonl-journal.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { newEvent } from '../../support/new-event.ts';

// A process of its own that appends until it is killed, and prints every append once it was acknowledged: `<stream> <seq>`.
const [folder = '', segmentBytes = '100000', pauseMs = '0'] = process.argv.slice(2);
const clock = createSystemClock();
const opened = await openJsonlJournal({
  folder,
  clock,
  segmentBytes: Number(segmentBytes),
  onProblem: () => {},
});
if (!opened.ok) {
  process.stdout.write(`refused ${opened.error.code}\n`);
  process.exit(1);
}
const journal = opened.value;
process.stdout.write('open\n');
await Promise.all(
  ['inbox', 'incident/INC-1', 'budget/model'].map(async (stream) => {
    for (let seq = journal.heads().find((head) => head.stream === stream)?.seq ?? 0; ; seq += 2) {
      const result = await journal.append(stream, seq, [newEvent(seq + 1), newEvent(seq + 2)]);
      await clock.sleep(Number(pauseMs));
      if (result.ok) process.stdout.write(`${stream} ${seq + 2}\n`);
    }
  }),
);
