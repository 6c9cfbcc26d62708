import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createAlertmanagerSource } from '../adapters/alertmanager/alert-source.ts';
import { readCatalog } from '../adapters/catalog-files/read-catalog.ts';
import { createKubernetesReader } from '../adapters/kubernetes/cluster-reader.ts';
import { openConnection } from '../adapters/kubernetes/connection.ts';
import { createPrometheusSource } from '../adapters/prometheus/metrics-source.ts';
import { readRunbookFolder } from '../adapters/runbook-files/read-runbook-folder.ts';
import { openSnapshot } from '../adapters/snapshot/open-snapshot.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { InvestigateCommandDependencies } from '../cli/investigate.ts';
import type { Environment } from '../config/config.ts';
import { createRedactor } from '../core/evidence/redaction.ts';
import { ok } from '../core/result.ts';
import { createMatchRunbooks } from '../core/runbook/search.ts';

type Wanted = {
  readonly root: string;
  readonly environment: Environment;
  readonly readFile: InvestigateCommandDependencies['readFile'];
};

/**
 * What `investigate` needs to look: the kubeconfig of the environment as kubectl finds it (KUBECONFIG, then ~/.kube/config), a metrics source when
 * SRE_COPILOT_PROMETHEUS_URL names one, the runbooks beside the program.
 */
export async function investigateDependencies({
  root,
  environment,
  readFile,
}: Wanted): Promise<Omit<InvestigateCommandDependencies, 'stdout' | 'stderr'>> {
  const clock = createSystemClock();
  const paths = environment.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [
    join(environment.HOME ?? homedir(), '.kube', 'config'),
  ];
  const url = environment.SRE_COPILOT_PROMETHEUS_URL;
  const alertmanager = environment.SRE_COPILOT_ALERTMANAGER_URL;
  const services = await readCatalog(join(root, 'runbooks'));
  const loaded = await readRunbookFolder(join(root, 'runbooks'), { today: clock.now().toISOString().slice(0, 10) });
  const match = createMatchRunbooks(loaded.ok ? loaded.value.runbooks : []);
  return {
    clock,
    readFile,
    // One look is compared with nothing else: a key of its own is enough.
    redactor: createRedactor({ key: crypto.randomUUID() }),
    matchRunbooks: (query) => match(query).candidates,
    catalog: () => services.catalog,
    openSnapshot: (folder) => openSnapshot(folder),
    async openCluster(context) {
      const connection = await openConnection({ from: 'files', paths, context });
      if (!connection.ok) return connection;
      const { value } = connection;
      return ok({
        reader: createKubernetesReader({ cluster: value.context, exchange: value }),
        ...(url === undefined ? {} : { metrics: createPrometheusSource({ url }) }),
        ...(alertmanager === undefined ? {} : { alertSource: createAlertmanagerSource({ url: alertmanager }) }),
        close: () => value.close(),
      });
    },
  };
}
