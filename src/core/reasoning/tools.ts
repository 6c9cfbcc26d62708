import { z } from 'zod';
import { type ReadAction, readActionSchema } from '../action/action.ts';
import { findResourceType } from '../cluster/resource-types.ts';
import type { AnswerEvidence } from '../incident/reasoning-events.ts';
import { fail, ok, type Result } from '../result.ts';

/** What a tool call asks for, checked: a read of the closed list, or a look into runbooks or earlier incidents. There is no other kind. */
export type ToolWish = { readonly kind: AnswerEvidence['kind']; readonly source: string } & (
  | { readonly in: 'cluster'; readonly action: ReadAction }
  | { readonly in: 'runbooks' | 'incidents'; readonly words: string }
);

const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a name of Kubernetes');
const kindWord = z.string().regex(/^[A-Za-z][A-Za-z.]{1,80}$/, 'a kind such as Deployment');
const words = z.string().min(1).max(300);

type Tool = {
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly read: (input: unknown) => Result<ToolWish, string>;
};

function tool<S extends z.ZodType>(one: {
  readonly description: string;
  readonly input: S;
  readonly wish: (input: z.infer<S>) => Result<ToolWish, string>;
}): Tool {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(one.input);
  return {
    description: one.description,
    inputSchema,
    read(input) {
      const parsed = one.input.safeParse(input);
      if (parsed.success) return one.wish(parsed.data);
      const places = parsed.error.issues
        .slice(0, 3)
        .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
      return fail(`The input does not fit: ${places.join('; ')}`);
    },
  };
}

const tools: Readonly<Record<string, Tool>> = {
  kubernetes_list: tool({
    description: 'Lists objects of a kind as kubectl get -o wide prints them. Without a namespace: in all of them.',
    input: z.strictObject({ kind: kindWord, namespace: objectName.nullable(), labelSelector: words.nullable() }),
    wish: ({ kind, namespace, labelSelector }) =>
      read('object', `list of ${kind}${namespace === null ? '' : ` in ${namespace}`}`, {
        kind: 'get',
        resource: kind,
        names: [],
        ...(namespace === null ? { allNamespaces: true } : { namespace }),
        ...(labelSelector === null ? {} : { selector: labelSelector }),
        output: 'wide',
      }),
  }),
  kubernetes_describe: tool({
    description: 'Describes one object with its events, as kubectl describe. Values of the environment are masked.',
    input: z.strictObject({ kind: kindWord, namespace: objectName.nullable(), name: objectName }),
    wish: ({ kind, namespace, name }) => {
      // What people keep in ConfigMaps is theirs, and no redactor knows every shape of a secret in it.
      if (findResourceType(kind)?.kind === 'ConfigMap') return fail('The contents of ConfigMaps are not shown.');
      return read('object', `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`, {
        kind: 'describe',
        resource: kind,
        name,
        ...(namespace === null ? {} : { namespace }),
      });
    },
  }),
  kubernetes_events: tool({
    description: 'Events of a namespace, or of one object in it.',
    input: z.strictObject({ namespace: objectName, kind: kindWord.nullable(), name: objectName.nullable() }),
    wish: ({ namespace, kind, name }) =>
      read('event', `events in ${namespace}${name === null ? '' : ` of ${name}`}`, {
        kind: 'events',
        namespace,
        ...(kind === null || name === null ? {} : { for: { kind: findResourceType(kind)?.kind ?? kind, name } }),
      }),
  }),
  logs: tool({
    description: 'The last lines of the log of a pod; previous: of its container before the last restart.',
    input: z.strictObject({
      namespace: objectName,
      pod: objectName,
      container: objectName.nullable(),
      previous: z.boolean(),
    }),
    wish: ({ namespace, pod, container, previous }) =>
      read('log', `${previous ? 'previous log' : 'log'} of ${namespace}/${pod}`, {
        kind: 'logs',
        namespace,
        of: { by: 'pod', name: pod },
        ...(container === null ? {} : { container }),
        previous,
        tailLines: 60,
      }),
  }),
  metrics: tool({
    description: 'An instant query of Prometheus, in PromQL.',
    input: z.strictObject({ promql: z.string().min(1).max(1_000) }),
    wish: ({ promql }) => read('metric', 'Prometheus', { kind: 'query', promql }),
  }),
  changes: tool({
    description: 'The revisions of a Deployment: what its rollouts changed and when.',
    input: z.strictObject({ namespace: objectName, deployment: objectName }),
    wish: ({ namespace, deployment }) =>
      read('change', `rollout history of ${namespace}/${deployment}`, {
        kind: 'rollout-history',
        target: { kind: 'Deployment', namespace, name: deployment },
      }),
  }),
  runbooks: tool({
    description: 'Searches the runbooks of the team by words.',
    input: z.strictObject({ words }),
    wish: (input) => ok({ in: 'runbooks', words: input.words, kind: 'runbook', source: 'runbooks' }),
  }),
  past_incidents: tool({
    description: 'Searches earlier incidents by words: names of objects, alerts, causes.',
    input: z.strictObject({ words }),
    wish: (input) => ok({ in: 'incidents', words: input.words, kind: 'incident', source: 'earlier incidents' }),
  }),
};

function read(kind: AnswerEvidence['kind'], source: string, action: ReadAction): Result<ToolWish, string> {
  const checked = readActionSchema.safeParse(action);
  return checked.success
    ? ok({ in: 'cluster', kind, source, action: checked.data })
    : fail('That is no read that I can do.');
}

/** The tools as the model is told of them. */
export const toolSpecs = Object.entries(tools).map(([name, { description, inputSchema }]) => ({
  name,
  description,
  inputSchema,
}));

/** Reads a call of the model: an unknown tool and input that does not fit are refused with a sentence for the model; nothing is run then. */
export function readToolCall(name: string, input: unknown): Result<ToolWish, string> {
  const found = Object.hasOwn(tools, name) ? tools[name] : undefined;
  return found === undefined ? fail(`There is no tool ${name.slice(0, 40)}.`) : found.read(input);
}
