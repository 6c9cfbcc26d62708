import { z } from 'zod';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';

const name = z.string().min(1).max(300);

/** An object as a case names it: `Service shop/checkout`, `Node n1`, or its parts. */
const objectSchema = z.union([
  name.regex(/^[A-Za-z]+ (?:[^\s/]+\/)?[^\s/]+$/, 'expected "Kind namespace/name" or "Kind name"').transform((text) => {
    const [kind = '', place = ''] = text.split(' ');
    const [first = '', second] = place.split('/');
    return second === undefined ? { kind, name: first } : { kind, namespace: first, name: second };
  }),
  z
    .strictObject({ apiVersion: name.optional(), kind: name, namespace: name.optional(), name })
    .transform(({ kind, namespace, name: own }) =>
      namespace === undefined ? { kind, name: own } : { kind, namespace, name: own },
    ),
]);
export type ExpectedObject = Readonly<z.infer<typeof objectSchema>>;

const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema.transform((one) => [one]), z.array(schema).min(1)]);

const faultSchema = z.strictObject({ code: oneOrMore(name), object: oneOrMore(objectSchema) });
/** A fault that is there: one of the codes, on one of the objects. */
export type ExpectedFault = Readonly<z.infer<typeof faultSchema>>;

const claimSchema = z.union([
  name.transform((code) => ({ code, object: undefined })),
  z.strictObject({ code: name, object: objectSchema.optional() }),
]);

/**
 * What a case expects (`expected.yaml`). `code` and `object` are the fault that must stand first; both are absent when nothing is wrong. `also` are further faults
 * of the same case, `alsoTrue` codes of symptoms that may be told beside them, `notClaimed` what must not be claimed at all. `says`: texts that the finding's summary
 * or cause must hold (the name of the quota, the port). `question` narrows what is asked; without it the alerts of the snapshot say, or the whole of it is looked at.
 */
export const expectationSchema = z
  .strictObject({
    code: oneOrMore(name).nullish(),
    object: oneOrMore(objectSchema).nullish(),
    also: z.array(faultSchema).default([]),
    alsoTrue: z.array(name).default([]),
    notClaimed: z.array(claimSchema).default([]),
    says: z.array(z.string().min(1)).default([]),
    status: z.enum(['diagnosed', 'inconclusive', 'healthy']).optional(),
    question: z.strictObject({ namespace: name.optional(), object: name.optional() }).default({}),
    /** Free words for people: what this case is. */
    about: z.string().optional(),
    /** The finding family the case belongs to, for figures by family. */
    family: name.optional(),
  })
  .refine(({ code, object }) => (code == null) === (object == null), 'code and object stand together');
export type Expectation = Readonly<z.infer<typeof expectationSchema>>;

/** Reads a parsed expected.yaml. The problem names every field that is wrong. */
export function readExpectation(document: unknown): Result<Expectation, Problem<'case.malformed'>> {
  const parsed = expectationSchema.safeParse(document);
  if (parsed.success) return ok(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'expected.yaml'}: ${message}`);
  return fail(problem('case.malformed', `${problems.slice(0, 5).join('; ')}. The case was not judged.`));
}

/** The fault that must stand first; undefined when nothing is wrong. */
export function mainFault({ code, object }: Expectation): ExpectedFault | undefined {
  return code == null || object == null ? undefined : { code, object };
}
