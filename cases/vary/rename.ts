import { findingCodes } from '../../src/core/diagnosis/codes.ts';
import type { Case } from './case-files.ts';
import type { Random } from './random.ts';
import { rewriteTexts } from './rewrite.ts';

/** Kinds whose objects people name. What controllers name (ReplicaSets, pods) follows from these. */
const namedByPeople = new Set(
  'Namespace Node Deployment StatefulSet DaemonSet Job CronJob Pod Service ConfigMap ServiceAccount PersistentVolumeClaim PersistentVolume StorageClass ResourceQuota LimitRange PodDisruptionBudget HorizontalPodAutoscaler Ingress NetworkPolicy PriorityClass Gateway HTTPRoute Certificate ValidatingWebhookConfiguration MutatingWebhookConfiguration'.split(
    ' ',
  ),
);
const systemNamespaces = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'default']);
const controllerAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const longestRenamed = 40;

/**
 * Gives new names to namespaces, workloads, nodes and what else people name, new hashes to ReplicaSets and pods, and new uids to all objects: in every object, message, log and
 * path, and in expected.yaml. A name that also is a word of Kubernetes, of a code, or part of a key stays, since its occurrences cannot be told apart; so does one whose
 * length may be the point.
 */
export function rename(original: Case, random: Random): Case {
  const renamed = new Map<string, string>();
  const nodes = new Set(original.objects.filter(({ kind }) => kind === 'Node').map(({ metadata }) => metadata.name));
  for (const name of renamable(original))
    renamed.set(name, nodes.has(name) ? newNodeName(random) : newName(random, renamed));
  for (const hash of hashesOf(original)) renamed.set(hash, random.text(controllerAlphabet, hash.length));
  const words = [...renamed.keys()].toSorted((a, b) => b.length - a.length).map(escaped);
  const pattern =
    words.length === 0 ? undefined : new RegExp(`(?<![A-Za-z0-9])(?:${words.join('|')})(?![A-Za-z0-9])`, 'g');
  const uids = new Map<string, string>();
  const uidOf = (uid: string): string => {
    const known = uids.get(uid) ?? newUid(random);
    uids.set(uid, known);
    return known;
  };
  return rewriteTexts(original, (text) => {
    const withNames = pattern === undefined ? text : text.replace(pattern, (name) => renamed.get(name) ?? name);
    return withNames.replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, uidOf);
  });
}

function renamable({ objects }: Case): readonly string[] {
  const names = new Set<string>();
  for (const { kind, metadata } of objects) {
    const { name, namespace, ownerReferences = [] } = metadata;
    const isSystem = systemNamespaces.has(namespace ?? '') || systemNamespaces.has(name) || name.startsWith('system-');
    if (namedByPeople.has(kind) && !isSystem && ownerReferences.length === 0 && name.length <= longestRenamed)
      names.add(name);
  }
  const reserved = reservedWords(objects);
  return [...names].filter((name) => !reserved.has(name)).toSorted();
}

/** Words that mean something beside being a name: those of codes, of Kubernetes' own values, and every part of a key. */
function reservedWords(objects: Case['objects']): ReadonlySet<string> {
  const words = new Set([...findingCodes.flatMap((code) => code.split('-')), ...kubernetesWords]);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const member of value) visit(member);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        if (!/^[fkv]:/.test(key))
          for (const word of [key, ...key.split(/[^A-Za-z0-9-]+/), ...key.split(/[^A-Za-z0-9]+/)]) words.add(word);
        if (key !== 'managedFields') visit(member);
      }
    }
  };
  visit(objects);
  return words;
}

const kubernetesWords =
  'default local cluster svc com example io kube http https web dns tcp udp etcd nginx api app apps data block public team workload deployment kubernetes control plane coredns docker registry library system node nodes worker pool general zone eu west container containers init sidecar metrics agent proxy server client host port key name policy label labels class server cpu memory storage ephemeral requests limits used log logs event events file files object objects test get list watch create update ratio max min minimum maximum usage per quota claim volume class zonal fine small floor bounds compute cap audit batch session front gateway route listener'.split(
    ' ',
  );

/** Template hashes of ReplicaSets, and the five characters after them in the names of pods. */
function hashesOf({ objects }: Case): readonly string[] {
  const hashes = new Set<string>();
  for (const { metadata } of objects) {
    const hash = metadata.labels?.['pod-template-hash'];
    if (hash !== undefined) hashes.add(hash);
    const { generateName, name } = metadata;
    if (typeof generateName === 'string' && name.startsWith(generateName)) hashes.add(name.slice(generateName.length));
  }
  // A suffix that could be a number is left: it would be found in quantities and times.
  return [...hashes].filter((hash) => hash.length >= 5 && /[a-z]/.test(hash)).toSorted();
}

const onsets = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z', 'br', 'st', 'tr'];
const vowels = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea'];

function newName(random: Random, taken: ReadonlyMap<string, string>): string {
  const used = new Set(taken.values());
  for (;;) {
    const syllables = Array.from(
      { length: 2 + random.below(2) },
      () => `${random.pick(onsets)}${random.pick(vowels)}`,
    ).join('');
    const name =
      random.below(3) === 0
        ? `${syllables}-${random.pick(onsets)}${random.pick(vowels)}${random.below(90) + 10}`
        : syllables;
    if (!used.has(name) && !kubernetesWords.includes(name)) return name;
  }
}

// As clouds and people call them, dots and digits included.
function newNodeName(random: Random): string {
  const digits = () => String(random.below(254) + 1);
  const mark = random.text(controllerAlphabet, 5);
  switch (random.below(3)) {
    case 0:
      return `ip-10-${digits()}-${digits()}-${digits()}.eu-central-1.compute.internal`;
    case 1:
      return `gke-main-pool-${random.text('0123456789abcdef', 8)}-${mark}`;
    default:
      return `rack${digits()}-${mark}`;
  }
}

function newUid(random: Random): string {
  const hex = (length: number) => random.text('0123456789abcdef', length);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
