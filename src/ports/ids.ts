/** Sources of identity. `next` is unique and sorts by time (ULID); `secret` is 128 random bits as 32 hex characters: what a button carries. */
export interface Ids {
  next(): string;
  secret(): string;
}
