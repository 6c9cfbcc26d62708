import { createRequire } from 'node:module';
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';

export const root = new URL('../../', import.meta.url).pathname;

type Config = IFlattenedRuleSet & { readonly options: Record<string, unknown> };
const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as Config;

/** Looks at every import under `src` of a repository, by the rules of this one. */
export async function cruiseRepository(baseDir: string): Promise<ICruiseResult> {
  const { enhancedResolveOptions, ...others } = options;
  const { output } = await cruise(
    ['src'],
    { ...others, baseDir, validate: true, ruleSet: { forbidden: forbidden ?? [] } },
    enhancedResolveOptions as object,
  );
  if (typeof output === 'string') throw new TypeError('expected the modules, not a report');
  return output;
}

/** `from → to: rule`, one for each import that is forbidden. */
export function violationsOf({ summary }: ICruiseResult): string[] {
  return summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`);
}

export const ruleNames = (forbidden ?? []).map(({ name }) => name ?? '');
