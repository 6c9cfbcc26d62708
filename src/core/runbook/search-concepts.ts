/**
 * Spellings of one thing, in lower-case words as they stand between blanks, and the words that all of them become. General to Kubernetes and
 * Prometheus, not to any set of runbooks: abbreviations, words written apart or together, product names of one component.
 */
const spellings: readonly (readonly [words: string, ...others: string[]])[] = [
  ['kube', 'k8s', 'kubernetes'],
  ['statefulset', 'stateful set', 'stateful sets', 'sts', 'statefulsets'],
  ['daemonset', 'daemon set', 'daemon sets', 'daemonsets'],
  ['replicaset', 'replica set', 'replica sets', 'replicasets'],
  ['configmap', 'config map', 'config maps', 'configmaps'],
  ['cronjob', 'cron job', 'cron jobs', 'cronjobs'],
  [
    'hpa',
    'horizontal pod autoscaler',
    'horizontal pod autoscalers',
    'horizontalpodautoscaler',
    'pod autoscaler',
    'auto scaler',
    'autoscaler',
    'autoscaling',
    'auto scaling',
  ],
  [
    'persistent volume',
    'pv',
    'pvs',
    'pvc',
    'pvcs',
    'persistentvolume',
    'persistentvolumes',
    'persistentvolumeclaim',
    'persistentvolumeclaims',
    'persistent volume claim',
    'persistent volume claims',
    'volume claim',
  ],
  ['api', 'apiserver', 'api server', 'api servers', 'apiservers', 'apis'],
  ['alertmanager', 'alert manager', 'alert managers', 'alertmanagers'],
  ['filesystem', 'file system', 'file systems', 'filesystems', 'fs'],
  ['timestamp', 'time stamp', 'time stamps', 'timestamps'],
  ['textfile', 'text file'],
  [
    'crash loop',
    'crashloop',
    'crashlooping',
    'crashloops',
    'crashloopbackoff',
    'crash loop back off',
    'crash loop backoff',
    'crash back off',
  ],
  ['oom', 'out of memory', 'oomkilled', 'oom killed', 'oom kill'],
  ['out order', 'out of order'],
  ['rollout', 'roll out', 'rolled out', 'rolling out', 'rollouts'],
  ['rollback', 'roll back', 'rolled back', 'rolling back'],
  ['startup', 'start up', 'starting up'],
  ['overcommit', 'over commit', 'over committed', 'overcommitted', 'overbooked', 'oversubscribed', 'over subscribed'],
  ['misscheduled', 'mis scheduled', 'mis scheduling', 'mischeduled'],
  ['pleg', 'pod lifecycle event generator', 'lifecycle event generator'],
  ['tsdb', 'time series database', 'time series db'],
  ['conntrack', 'connection tracking', 'connection track', 'connections tracked', 'nf conntrack'],
  ['inode', 'inodes', 'i node', 'i nodes'],
  [
    'file descriptor',
    'file descriptors',
    'file handle',
    'file handles',
    'filehandles',
    'open files',
    'open file',
    'fds',
  ],
  ['kubelet', 'kubelets'],
  ['controllermanager', 'controller manager', 'controller managers'],
  ['certificate', 'cert', 'certs', 'certificates', 'x509'],
  ['config', 'configuration', 'configurations', 'configs'],
  ['ksm', 'kube state metrics', 'kubestatemetrics'],
  ['config reload', 'config reloader', 'configreloader'],
  ['cpu', 'cpus', 'processor', 'processors'],
  ['memory', 'mem', 'ram'],
  ['database', 'db', 'databases', 'dbs'],
  ['remote write', 'remotewrite', 'remote writes', 'remote writing'],
  ['cr', 'custom resource', 'custom resources'],
  ['prometheus', 'prom'],
  ['restart', 'restarts', 'start again', 'starts again', 'starting again', 'restarted', 'restarting'],
  ['runout', 'run out', 'runs out', 'running out', 'ran out', 'running low', 'runs low'],
  ['watchdog', 'dead man s switch', 'dead mans switch', 'deadmansswitch', 'dead man switch', 'deadmanssnitch'],
  ['slo', 'service level objective', 'service level objectives', 'slos'],
  [
    'notready',
    'not ready',
    'unready',
    'non ready',
    'never ready',
    'isn t ready',
    'not become ready',
    'never becomes ready',
    'not becoming ready',
    'not getting ready',
  ],
];

/** Each spelling and the words it becomes. */
export const concepts: ReadonlyMap<string, readonly string[]> = new Map(
  spellings.flatMap(([words, ...others]) =>
    [words, ...others].map((spelling) => [spelling, words.split(' ')] as const),
  ),
);

/** For the first word of a spelling the number of words of the longest that begins so: most words begin none, and long texts have many words. */
export const longestFrom: ReadonlyMap<string, number> = (() => {
  const lengths = new Map<string, number>();
  for (const spelling of concepts.keys()) {
    const words = spelling.split(' ');
    const [first = ''] = words;
    lengths.set(first, Math.max(words.length, lengths.get(first) ?? 0));
  }
  return lengths;
})();
