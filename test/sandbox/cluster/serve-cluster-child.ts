import { serveCluster } from '../../../src/sandbox/cluster/serve-cluster.ts';
import { createSimulatedCluster } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { namespace } from './manifests.ts';

const cluster = createSimulatedCluster({ name: 'child', objects: [namespace('shop')] });
await serveCluster({ cluster, input: process.stdin, output: process.stdout });
