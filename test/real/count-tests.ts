/**
 * Adds up JSON reports of vitest for `.ci/run`: prints "<passed> <failed>".
 *
 * A report that is missing or no report counts as one failure: a suite that broke before it could count is not green.
 *
 * Usage: node test/real/count-tests.ts REPORT…
 */
import { readFileSync } from 'node:fs';
import { countsOf } from './report.ts';

const counts = process.argv.slice(2).map((file) => {
  try {
    return countsOf(JSON.parse(readFileSync(file, 'utf8'))) ?? { passed: 0, failed: 1 };
  } catch {
    return { passed: 0, failed: 1 };
  }
});
const sum = (field: 'passed' | 'failed') => counts.reduce((total, count) => total + count[field], 0);
console.log(`${sum('passed')} ${sum('failed')}`);
