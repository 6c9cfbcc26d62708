import { fail, ok, type Result } from '../../../core/result.ts';
import type { ApiFailure } from './status.ts';

/** Reads `dryRun` from the query or from options in a body. Only `All` exists; anything else is refused, never taken as "no". */
export function parseDryRun(values: readonly unknown[]): Result<boolean, ApiFailure> {
  const wrong = values.find((value) => value !== 'All');
  if (wrong === undefined) return ok(values.length > 0);
  const message = `Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`;
  const causes = [{ reason: 'FieldValueNotSupported', field: 'dryRun', message }];
  const details = { group: 'meta.k8s.io', kind: 'PatchOptions', causes };
  return fail({
    code: 422,
    reason: 'Invalid',
    message: `PatchOptions.meta.k8s.io "" is invalid: dryRun: ${message}`,
    details,
  });
}
