/**
 * Words that may stand beside `pod`, `deployment` and their like without naming one, and compounds that are English and no names. What is missing here costs a
 * sentence of the model; what is wrong here would let an object through that does not exist, so names of things that run do not belong.
 */
const words = `
a about above after again all already also although always an and another any are as at automatically back be became because become been before began behind being
below between both broken but by came can cannot caused causes causing change changed changes cluster container containers could crash crashed crashes crashing
current currently deleted did do does doing down due during each either empty ended ends events every evicted exceeded exceeds exist existing exists exit exited exits
failed failing fails failure first for from full gave get gets give given gives had half has have having healthy hence here how if in including inside instead into is
it its itself keep keeps kept killed kills kind lack lacks last lasted latest leaves left less like limit limits list lives long longer lost made main many may mean
means memory might missing more most must name named names need needed needs never new newest next no none nor not nothing now object objects of off old older on once
one only onto or other others out over own pending per points probably pulled pulls quota ran reached ready reason recent refers refused rejects remain remains
replica replicas requests restart restarted restarting restarts rolled rollout run running runs same scheduled second see seems selector selects sent several shared
should shows since single so some spec specification stalled start started starting starts stay stays still stopped stops stuck such template terminated terminating
than that the their them then there therefore these they this those three through thus to together too total two under unhealthy unique unavailable unready until up
updated upon use used uses using version very via wait waited waiting waits want wants was were what when where whether which while whose why will with within without
would wrong yet additional application applications associated attempt attempts backs belong belongs consume consumes create created creates creating dependent depend
depends extra hit hits host hosted hosts hold holds identical initial lose loses lost allocate allocates point pointed progress progresses receive received receives reference
references relevant remaining replace replaced replaces report reported reports require required requires respective return returned returns roll rolling rolls route routed
routes scale scaled scales schedule serve served serves serving sole specified specifies specify surviving tried tries try affected actual alerting target targeted owning parent underlying complete entire whole specific particular previous original failed broken corresponding
`;

const compounds = `
out-of-memory crash-loop crash-looping back-off re-created re-read read-only read-write non-existent non-existing not-ready cluster-wide long-running up-to-date
well-known higher-than-allowed lower-than-needed start-up run-time time-out roll-out rolled-out self-healing short-lived two-thirds one-third rate-limit rate-limited
name-server load-balancer node-level pod-level container-level side-effect follow-up root-cause most-likely likely-cause end-to-end built-in newly-created in-use
over-committed under-provisioned mis-configured misconfigured pre-existing
`;

const kinds = `
pod pods deployment deployments statefulset statefulsets daemonset daemonsets replicaset replicasets job jobs cronjob cronjobs service services node nodes namespace
namespaces ingress ingresses configmap configmaps secret secrets endpointslice endpointslices persistentvolumeclaim persistentvolumeclaims persistentvolume
persistentvolumes serviceaccount serviceaccounts resourcequota networkpolicy horizontalpodautoscaler poddisruptionbudget storageclass
`;

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

export const ordinaryWords = setOf(words);
export const ordinaryCompounds = setOf(compounds);
/** What a word must be for its neighbours to be looked at as names; also the words of the API that may be written in one. */
export const kindWords = setOf(kinds);
