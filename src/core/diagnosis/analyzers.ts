import type { Analyzer } from './analysis.ts';
import { analyzeAdmission } from './analyzers/admission.ts';
import { analyzeAppConfiguration } from './analyzers/app-configuration.ts';
import { analyzeChange } from './analyzers/change.ts';
import { analyzeControlPlane } from './analyzers/control-plane.ts';
import { analyzeNodes } from './analyzers/nodes.ts';
import { analyzeRuntime } from './analyzers/runtime.ts';
import { analyzeScheduling } from './analyzers/scheduling.ts';
import { analyzeServicePath } from './analyzers/service-path.ts';
import { analyzeStartUp } from './analyzers/start-up.ts';
import { analyzeStorage } from './analyzers/storage.ts';

/** The rules, one file per failure family. A new family is a file in `analyzers/`, its codes in `codes.ts`, and a row here. */
export const analyzers: readonly { readonly family: string; readonly analyze: Analyzer }[] = [
  { family: 'admission', analyze: analyzeAdmission },
  { family: 'scheduling', analyze: analyzeScheduling },
  { family: 'storage', analyze: analyzeStorage },
  { family: 'start-up', analyze: analyzeStartUp },
  { family: 'runtime', analyze: analyzeRuntime },
  { family: 'application configuration', analyze: analyzeAppConfiguration },
  { family: 'service path', analyze: analyzeServicePath },
  { family: 'nodes', analyze: analyzeNodes },
  { family: 'control plane', analyze: analyzeControlPlane },
  { family: 'change', analyze: analyzeChange },
];
