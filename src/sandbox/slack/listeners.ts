/** A list of callbacks. One that throws does not keep the others from hearing. */
export type Listeners<T> = { add(listener: (value: T) => void): () => void; tell(value: T): void };

/** Creates an empty list. `add` returns the function that takes the listener off again. */
export function createListeners<T>(): Listeners<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(value) {
      const failures: unknown[] = [];
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
