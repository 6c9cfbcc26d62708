/**
 * Time. `now` is the wall clock for what is stored and shown; `sleep` waits on a monotonic clock, rejects with the signal's reason
 * when aborted, and may take any number of milliseconds (longer than a timer of the platform can hold).
 */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
