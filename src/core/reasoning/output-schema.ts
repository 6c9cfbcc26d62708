import { z } from 'zod';
import { fail, ok, type Result } from '../result.ts';

/** What a model must answer with: as JSON Schema for the model, and as the check of what came. */
export type OutputSchema<T> = {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** Total. The error says where it does not fit, without quoting it. */
  parse(value: unknown): Result<T, string>;
};

/**
 * Both from one strict zod schema. Limits of length belong into the filter of the answer, not in here: the JSON Schema of structured outputs knows no
 * `minLength` or `maxItems`.
 */
export function outputSchema<S extends z.ZodType>(schema: S): OutputSchema<z.infer<S>> {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema);
  return {
    jsonSchema,
    parse(value) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return ok(parsed.data);
      const places = parsed.error.issues.slice(0, 3).map((issue) => issue.path.join('.') || 'the answer itself');
      return fail(`it does not fit the schema at ${places.join(', ')}`);
    },
  };
}
