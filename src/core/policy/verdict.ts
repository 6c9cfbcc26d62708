import { z } from 'zod';
import { requirementsSchema } from './requirements.ts';

const because = { rule: z.string().min(1), reasons: z.array(z.string().min(1)).min(1) };

// Strict objects: a field we do not know is a typo or a newer policy, and both must deny.
export const verdictSchema = z.discriminatedUnion('effect', [
  z.strictObject({ effect: z.literal('allow'), ...because }),
  z.strictObject({
    effect: z.literal('needs-approval'),
    ...because,
    require: requirementsSchema.min(1),
    ttlSeconds: z.int().positive(),
    typedConfirmation: z.boolean().optional(),
  }),
  z.strictObject({ effect: z.literal('deny'), ...because }),
]);

/** What policy says of one action. There is no "no opinion": silence is a denial. */
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;
export type Requirement = Readonly<z.infer<typeof requirementsSchema>[number]>;

/**
 * Reads a verdict from what the policy engine returned for one action.
 *
 * Source: the value of the action policy's entrypoint, JSON, already taken out of the result set.
 * Total: never throws. Anything that is not exactly a verdict is a denial that names the problem,
 * because a misspelt `.rego` file must never widen access.
 */
export function parseVerdict(raw: unknown): Verdict {
  const parsed = verdictSchema.safeParse(raw);
  return parsed.success ? parsed.data : deny('unusable-verdict', problemsOf(parsed.error));
}

/**
 * Joins verdicts on one action: any denial denies; otherwise every approval asked for must be given
 * (largest count per group), in the shortest time to live, typed when any asks for it.
 *
 * Not "the strictest one": two leads of one team are no substitute for one lead of another.
 */
export function joinVerdicts(verdicts: readonly Verdict[]): Verdict {
  const [first, ...rest] = verdicts;
  return first === undefined ? deny('no-policy', ['no policy was consulted']) : rest.reduce(join, first);
}

function join(a: Verdict, b: Verdict): Verdict {
  const because = { rule: union([a.rule], [b.rule]).join(', '), reasons: union(a.reasons, b.reasons) };
  if (a.effect === 'deny' || b.effect === 'deny') return { effect: 'deny', ...because };
  if (a.effect === 'allow') return { ...b, ...because };
  if (b.effect === 'allow') return { ...a, ...because };
  return {
    effect: 'needs-approval',
    ...because,
    require: largestPerGroup([...a.require, ...b.require]),
    ttlSeconds: Math.min(a.ttlSeconds, b.ttlSeconds),
    ...(a.typedConfirmation === true || b.typedConfirmation === true ? { typedConfirmation: true } : {}),
  };
}

/** Whether `later` asks for more than `earlier` did: a stricter verdict at execution sends the action back to people. */
export function isStricter(later: Verdict, earlier: Verdict): boolean {
  if (later.effect === 'deny') return earlier.effect !== 'deny';
  if (later.effect === 'allow') return false;
  if (earlier.effect !== 'needs-approval') return earlier.effect === 'allow';
  const asked = new Map(earlier.require.map(({ group, count }) => [group, count]));
  const typed = later.typedConfirmation === true && earlier.typedConfirmation !== true;
  return typed || later.require.some(({ group, count }) => count > (asked.get(group) ?? 0));
}

function largestPerGroup(requirements: readonly Requirement[]): Requirement[] {
  const counts = new Map<string, number>();
  for (const { group, count } of requirements) counts.set(group, Math.max(count, counts.get(group) ?? 0));
  return [...counts].map(([group, count]) => ({ group, count }));
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}

export function deny(rule: string, reasons: readonly string[]): Verdict {
  return { effect: 'deny', rule, reasons: [...reasons] };
}

// Paths and expectations, never the offending value: it may hold a secret, or be very large.
function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.') || 'verdict'}: ${issue.message}`);
}
