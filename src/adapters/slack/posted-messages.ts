import { z } from 'zod';

/** Where each message of each incident stands in Slack, by `<incident>/<key>`, and the digest of what it says (empty: not known). */
export const postedMessagesSchema = z.record(
  z.string(),
  z.strictObject({ channel: z.string(), ts: z.string(), digest: z.string() }),
);
export type PostedMessages = Readonly<z.infer<typeof postedMessagesSchema>>;
export type Posted = Readonly<PostedMessages[string]>;

/** Kept over restarts. When it is lost, the messages are found again by their metadata. */
export type PostedMemory = {
  load(schema: typeof postedMessagesSchema): z.infer<typeof postedMessagesSchema>;
  /** Takes over what it is given: it is not changed afterwards. */
  save(posted: PostedMessages): void;
};

export type PostedBook = {
  get(incident: string, key: string): Posted | undefined;
  set(incident: string, key: string, posted: Posted): void;
  forget(incident: string, key: string): void;
  forgetIncident(incident: string): void;
  /** Forgets the incidents that `isOver`; each is asked once. */
  prune(isOver: (incident: string) => boolean): void;
  size(): number;
};

/** The memory of what was posted, by incident, saved after each change. */
export function createPostedBook(memory: PostedMemory): PostedBook {
  const book = new Map<string, Map<string, Posted>>();
  for (const [id, posted] of Object.entries(memory.load(postedMessagesSchema))) {
    const at = id.indexOf('/');
    if (at > 0) pageOf(id.slice(0, at)).set(id.slice(at + 1), posted);
  }

  function pageOf(incident: string): Map<string, Posted> {
    const page = book.get(incident) ?? new Map<string, Posted>();
    book.set(incident, page);
    return page;
  }

  function save(): void {
    const entries = [...book].flatMap(([incident, page]) =>
      [...page].map(([key, posted]) => [`${incident}/${key}`, posted] as const),
    );
    memory.save(Object.fromEntries(entries));
  }

  return {
    get: (incident, key) => book.get(incident)?.get(key),
    set(incident, key, posted) {
      pageOf(incident).set(key, posted);
      save();
    },
    forget(incident, key) {
      if (book.get(incident)?.delete(key) === true) save();
    },
    forgetIncident(incident) {
      if (book.delete(incident)) save();
    },
    prune(isOver) {
      const over = [...book.keys()].filter(isOver);
      for (const incident of over) book.delete(incident);
      if (over.length > 0) save();
    },
    size: () => [...book.values()].reduce((sum, page) => sum + page.size, 0),
  };
}
