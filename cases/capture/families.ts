import type { CaseDefinition } from './case-context.ts';
import { admission } from './families/admission.ts';
import { configuration } from './families/configuration.ts';
import { controlPlane } from './families/control-plane.ts';
import { lifecycle } from './families/lifecycle.ts';
import { scheduling } from './families/scheduling.ts';
import { servicePath } from './families/service-path.ts';
import { storage } from './families/storage.ts';
import { well } from './families/well.ts';

export type Family = { readonly name: string; readonly cases: readonly CaseDefinition[] };

/** All families, in the order in which they are captured. */
export const families: readonly Family[] = [
  { name: 'admission', cases: admission },
  { name: 'scheduling', cases: scheduling },
  { name: 'storage', cases: storage },
  { name: 'configuration', cases: configuration },
  { name: 'service-path', cases: servicePath },
  { name: 'lifecycle', cases: lifecycle },
  { name: 'well', cases: well },
  // Last: its cases stop parts of the control plane.
  { name: 'control-plane', cases: controlPlane },
];
