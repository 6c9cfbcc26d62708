import type { ChangeRequest } from '../../src/core/action/change.ts';
import { AuthorizedAction } from '../../src/core/approval/authorize.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { fail, ok, problem } from '../../src/core/result.ts';
import type { ClusterReader, ReadProblem } from '../../src/ports/cluster-reader.ts';
import type { ClusterWriter, WriteProblem } from '../../src/ports/cluster-writer.ts';
import { deployment, patched, replicaSet, template } from '../core/action/changes/objects.ts';

/** What a send meets: it works, is answered with a problem, or takes effect (or not) and is never answered: the connection, or the process, is gone. */
export type Meets = 'works' | WriteProblem['code'] | 'lost-after' | 'lost-before' | 'dies-after' | 'dies-before';

/** A change that the cluster really stored. */
export type Change = {
  readonly role: 'action' | 'rollback';
  readonly incident: string;
  readonly digest: string;
  readonly intentSeq: number;
  readonly image: string;
};

export type FakeCluster = {
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Ledgers: what was stored, how often a send arrived, how often a dry run did. */
  readonly changes: readonly Change[];
  sends(): number;
  rehearsals(): number;
  image(): string;
  /** What the next sends meet, in order; then everything works. */
  meet(...next: Meets[]): void;
  /** From now on everything works. */
  calm(): void;
  /** The next dry runs are refused with these. */
  meetRehearsal(...next: WriteProblem['code'][]): void;
  /** Reading fails with this until it is called with undefined. */
  breakReads(with_: ReadProblem | undefined): void;
  /** Somebody else sets another image. */
  setImage(image: string): void;
  /** Somebody else changes the template and leaves the image as it is. */
  setMode(mode: string): void;
  /** Somebody deletes the Deployment and creates it again under its name. */
  recreate(): void;
  label(namespace: Readonly<Record<string, string>>): void;
  /** Called when a send arrives, before anything happens. */
  onSend(listener: (() => unknown) | undefined): void;
};

const good = 'shop/checkout:v1';
const bad = 'shop/checkout:v2';

/** Deployment shop/checkout, rolled out to an image that cannot be pulled; its revision before works, when `heals`. */
export function createFakeCluster({ heals = true } = {}): FakeCluster {
  const changes: Change[] = [];
  const meets: Meets[] = [];
  const refusals: WriteProblem['code'][] = [];
  let sends = 0;
  let rehearsals = 0;
  let broken: ReadProblem | undefined;
  let uid = 'uid-1';
  let revision = 2;
  let generation = 2;
  let namespaceLabels: Readonly<Record<string, string>> = {};
  let current = template({ image: bad });
  const history: [number, ReturnType<typeof template>][] = [
    [1, template({ image: good })],
    [2, current],
  ];
  let onSend: (() => unknown) | undefined;

  const imageOf = (pods: ReturnType<typeof template>) =>
    (pods.spec as { containers: { image: string }[] }).containers[0]?.image ?? '';
  const works = () => heals && imageOf(current) === good;

  function live(): WireObject {
    const available = works() ? 3 : 2;
    return deployment(current, {
      metadata: { uid, generation, annotations: { 'deployment.kubernetes.io/revision': String(revision) } },
      status: {
        observedGeneration: generation,
        replicas: 3,
        updatedReplicas: works() ? 3 : 1,
        availableReplicas: available,
        conditions: works() ? [] : [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
      },
    });
  }

  function roll(pods: ReturnType<typeof template>): void {
    current = pods;
    revision += 1;
    generation += 1;
    const same = history.findIndex(([, before]) => JSON.stringify(before) === JSON.stringify(pods));
    if (same >= 0) history.splice(same, 1);
    history.push([revision, pods]);
  }

  function refused(code: WriteProblem['code']): { readonly ok: false; readonly error: WriteProblem } {
    return fail(problem(code, `The fake cluster answers ${code}.`));
  }

  function tested({ patch, uid: wanted }: ChangeRequest): ReturnType<typeof template> | undefined {
    if (wanted !== uid) return undefined;
    try {
      const after = patched(live(), patch);
      return (after as unknown as { spec: { template: ReturnType<typeof template> } }).spec.template;
    } catch {
      return undefined;
    }
  }

  const answer = () => ok({ resourceVersion: String(generation), generation });
  const never = () => new Promise<never>(() => undefined);

  return {
    changes,
    sends: () => sends,
    rehearsals: () => rehearsals,
    image: () => imageOf(current),
    meet: (...next) => meets.push(...next),
    calm: () => {
      meets.length = 0;
      broken = undefined;
    },
    meetRehearsal: (...next) => refusals.push(...next),
    breakReads: (with_) => {
      broken = with_;
    },
    setImage: (image) => roll(template({ image })),
    setMode: (mode) => roll(template({ image: imageOf(current), env: [{ name: 'MODE', value: mode }] })),
    recreate: () => {
      uid = `${uid}-again`;
    },
    label: (labels) => {
      namespaceLabels = labels;
    },
    onSend: (listener) => {
      onSend = listener;
    },
    reader: {
      cluster: 'test',
      emptyMeans: 'none',
      table: async () => fail(problem('cluster.bad-answer', 'It prints no tables.')),
      async get({ kind }, _namespace, name) {
        if (broken !== undefined) return fail(broken);
        if (kind === 'Namespace')
          return ok({ apiVersion: 'v1', kind, metadata: { name, uid: `ns-${name}`, labels: namespaceLabels } });
        if (kind === 'Deployment' && name === 'checkout') return ok(live());
        return fail(problem('cluster.not-found', `${kind} ${name} was not found.`));
      },
      async list({ kind }) {
        if (broken !== undefined) return fail(broken);
        return ok(
          kind === 'ReplicaSet' ? history.map(([number, pods]) => replicaSet(number, pods, { owner: uid })) : [],
        );
      },
      log: async () => fail(problem('cluster.not-found', 'There is no such log.')),
      raw: async () => ok({ status: 200, body: 'ok' }),
    },
    writer: {
      async rehearse(request) {
        rehearsals += 1;
        const refusal = refusals.shift();
        if (refusal !== undefined) return refused(refusal);
        return tested(request) === undefined ? refused('write.guard-refused') : answer();
      },
      async apply(authorized) {
        if (!AuthorizedAction.isGenuine(authorized)) throw new TypeError('not an AuthorizedAction');
        sends += 1;
        onSend?.();
        const meeting = meets.shift() ?? 'works';
        if (meeting === 'dies-before') return never();
        if (meeting === 'lost-before') return refused('write.unknown');
        if (meeting !== 'works' && !meeting.endsWith('-after')) return refused(meeting as WriteProblem['code']);
        const { request, role, incident, digest, intentSeq } = authorized.permit;
        const after = tested(request);
        if (after === undefined) return refused('write.guard-refused');
        roll(after);
        changes.push({ role, incident, digest, intentSeq, image: imageOf(after) });
        if (meeting === 'dies-after') return never();
        return meeting === 'lost-after' ? refused('write.unknown') : answer();
      },
    },
  };
}
