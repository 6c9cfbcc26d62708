import type { Action, ActionClass } from '../action/action.ts';
import type { Requirement } from '../policy/verdict.ts';
import type { Condition, Validation } from './plan.ts';

/** Where an input's value comes from. Text that strangers write is not among them. */
export type InputSource =
  | { readonly from: 'alert-label'; readonly label: string }
  | { readonly from: 'finding-object' }
  | { readonly from: 'finding-value'; readonly key: string }
  | { readonly from: 'person' };

export type InputSpec = {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'quantity' | 'name' | 'workload';
  readonly source: InputSource;
  readonly required: boolean;
  readonly default?: string | number | boolean;
};

/** A concrete action, or a typed one whose fields may be `{{ inputs.x }}`: a template fills a whole typed value, never text into a line. */
export type ActionTemplate =
  | { readonly kind: 'concrete'; readonly action: Action }
  | { readonly kind: 'template'; readonly fields: Readonly<Record<string, unknown>> };

/** `title` only when its author gave one: a plan can say more, since it knows the target. `class` is derived, never declared. */
export type RunbookAction = {
  readonly id: string;
  readonly title?: string;
  readonly class: ActionClass;
  readonly template: ActionTemplate;
  readonly line?: string;
  readonly preconditions: readonly Condition[];
  readonly validate?: Validation;
  readonly rollback: 'captured' | 'none';
  readonly timeoutMs: number;
};

/** A reviewed procedure as loaded from one file, all defaults filled in. `digest` is of the parsed document, so that comments and layout do not void approvals but every value does. */
export type Runbook = {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  readonly owners: readonly string[];
  readonly reviewed?: string;
  readonly file: string;
  readonly digest: string;
  readonly match: {
    readonly alerts: readonly string[];
    readonly runbookUrls: readonly string[];
    readonly findings: readonly string[];
    readonly labels: Readonly<Record<string, readonly string[]>>;
  };
  readonly inputs: readonly InputSpec[];
  readonly preconditions: readonly Condition[];
  readonly actions: readonly RunbookAction[];
  readonly manualRollback: readonly string[];
  readonly approvals: readonly Requirement[];
  /** Prose that search may index: description, action titles, lines, metrics asked for. Explains, never acts. */
  readonly prose: string;
};
