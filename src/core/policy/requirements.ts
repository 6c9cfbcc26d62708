import { z } from 'zod';

/** Groups and how many of each must say yes. The list form of a runbook's `approvals` and of a verdict's `require`. */
export const requirementsSchema = z.array(z.strictObject({ group: z.string().min(1), count: z.int().positive() }));
