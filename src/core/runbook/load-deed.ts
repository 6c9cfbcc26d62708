import { type Action, type ActionClass, writeActionSchema } from '../action/action.ts';
import { parseKubectl } from '../action/kubectl.ts';
import { didYouMean } from './did-you-mean.ts';
import { isLabel, isName, sampleOf } from './input-type.ts';
import {
  errorAt,
  type LintReport,
  nearestOf,
  oneOf,
  reportsOf,
  sayGot,
  unknownField,
  warningAt,
} from './lint-report.ts';
import type { ActionTemplate, InputSpec } from './runbook.ts';
import { actionKinds, actionSchemaOf, fieldsAt } from './schema.ts';
import { type DocumentPath, isRecord } from './source-document.ts';
import { fillTemplates, hasTemplateText, readTemplate, type TemplateRef, templatesIn } from './template.ts';

/** The inputs of the runbook: those that could be read, and all names declared, so that one mistake is not reported twice. */
export type KnownInputs = { readonly specs: readonly InputSpec[]; readonly declared: readonly string[] };

/** What an action does, as far as the file says: `sample` is it with sample values in place of templates. */
type Deed = { readonly template: ActionTemplate; readonly sample: Action; readonly line?: string };
/** `class` is known as soon as the kind is, even when the rest is wrong. */
export type LoadedDeed = {
  readonly value?: Deed;
  readonly class?: ActionClass;
  readonly reports: readonly LintReport[];
};

/** Reads what an action does: `cmd`, or `action` with the fields of its kind (`own`). */
export function loadDeed(
  raw: Readonly<Record<string, unknown>>,
  own: Record<string, unknown>,
  path: DocumentPath,
  inputs: KnownInputs,
): LoadedDeed {
  const hasCmd = Object.hasOwn(raw, 'cmd');
  const hasAction = Object.hasOwn(raw, 'action');
  if (hasCmd && hasAction)
    return {
      reports: [
        {
          ...errorAt([...path, 'action'], 'action.both', 'an action has either `cmd` or `action`, not both'),
          at: 'key',
        },
      ],
    };
  if (hasAction) return loadTyped(raw.action, own, path, inputs);
  const stray = Object.keys(own).map((key) => unknownField(path, key, fieldsAt(path, undefined)));
  if (!hasCmd) {
    const meant = Object.keys(own).some((key) => ['cmd', 'action'].includes(didYouMean(key, ['cmd', 'action']) ?? ''));
    return {
      reports: [
        ...stray,
        ...(meant ? [] : [errorAt(path, 'schema.missing', 'says nothing to do: expected `cmd` or `action`')]),
      ],
    };
  }
  const deed = loadLine(raw.cmd, [...path, 'cmd']);
  return { ...deed, reports: [...stray, ...deed.reports] };
}

/** A `kubectl …` line: one of the typed actions, completely, or an error with the parser's reason. */
function loadLine(cmd: unknown, path: DocumentPath): LoadedDeed {
  if (typeof cmd !== 'string' || cmd.trim() === '' || cmd.length > 1000) {
    return {
      reports: [
        errorAt(path, 'schema.value', `expected one kubectl line of at most 1000 characters, got ${sayGot(cmd)}`),
      ],
    };
  }
  if (hasTemplateText(cmd)) return { reports: [templatePlace(path)] };
  const line = cmd.trim();
  const parsed = parseKubectl(line);
  if (!parsed.ok) return { reports: [errorAt(path, 'cmd.refused', parsed.error.sentence)] };
  const { action, status } = parsed.value;
  const deed: Deed = { template: { kind: 'concrete', action }, sample: action, line };
  if (status === 'complete') return { value: deed, reports: nameReports(action, path) };
  const message = `becomes a step for a person: ${parsed.value.why}`;
  return { value: deed, reports: [warningAt(path, `cmd.${status}`, message)] };
}

function loadTyped(kind: unknown, own: Record<string, unknown>, path: DocumentPath, inputs: KnownInputs): LoadedDeed {
  const schema = typeof kind === 'string' ? actionSchemaOf(kind) : undefined;
  if (typeof kind !== 'string' || schema === undefined) {
    const message = `expected ${oneOf(actionKinds)}, got ${sayGot(kind)}`;
    return { reports: [errorAt([...path, 'action'], 'action.unknown', message, nearestOf(kind, actionKinds))] };
  }
  const templates = templatesIn(own).map(({ path: inside, text }) => {
    const ref = readTemplate(text);
    const at = [...path, ...inside];
    return {
      at,
      spec: inputs.specs.find(({ name }) => name === ref?.input),
      reports: templateReports(at, ref, inputs),
    };
  });
  const fields: Record<string, unknown> = { ...filled(own, inputs.specs), kind };
  const parsed = schema.safeParse(fields);
  // A template that is wrong already, or whose input is, would be reported again as an unfit value.
  const wrong = templates.filter(({ spec, reports }) => spec === undefined || reports.length > 0);
  const schemaReports = parsed.success
    ? []
    : reportsOf(parsed.error, fields, path, kind).filter(
        (report) => !wrong.some(({ at }) => startsWith(at, report.path)),
      );
  const reports = [
    ...templates.flatMap((template) => template.reports),
    ...schemaReports,
    ...nameReports(fields, path),
  ];
  if (!parsed.success) return { class: classOfKind(kind), reports };
  const template: ActionTemplate =
    templates.length === 0 ? { kind: 'concrete', action: parsed.data } : { kind: 'template', fields: { ...own, kind } };
  return { value: { template, sample: parsed.data }, reports };
}

/** The fields with a sample in place of each template: whether the action would be well formed does not depend on the values. */
function filled(
  own: Readonly<Record<string, unknown>>,
  specs: readonly InputSpec[],
): Readonly<Record<string, unknown>> {
  const sampled = fillTemplates(own, ({ input, part }) => {
    const spec = specs.find(({ name }) => name === input);
    const sample = spec === undefined ? undefined : sampleOf[spec.type];
    return part !== undefined && isRecord(sample) ? sample[part] : sample;
  });
  return isRecord(sampled) ? sampled : {};
}

function startsWith(path: DocumentPath, prefix: DocumentPath): boolean {
  return prefix.every((part, index) => path[index] === part);
}

function templateReports(path: DocumentPath, ref: TemplateRef | undefined, inputs: KnownInputs): LintReport[] {
  if (ref === undefined) return [templatePlace(path)];
  if (!inputs.declared.includes(ref.input)) {
    const nearest = didYouMean(ref.input, inputs.declared);
    const suggestion = nearest === undefined ? 'add it to `inputs`' : `did you mean \`{{ inputs.${nearest} }}\`?`;
    return [errorAt(path, 'input.unknown', `\`inputs.${ref.input}\` is not an input of this runbook`, suggestion)];
  }
  const spec = inputs.specs.find(({ name }) => name === ref.input);
  if (spec === undefined) return [];
  if (ref.part !== undefined && spec.type !== 'workload') {
    return [errorAt(path, 'template.part', `\`inputs.${ref.input}\` is a ${spec.type} and has no \`${ref.part}\``)];
  }
  if (!spec.required && spec.default === undefined) {
    // Leaving a field out could widen what an action reads or changes.
    const message = `\`inputs.${ref.input}\` may be absent, and an action cannot be left half filled`;
    return [errorAt(path, 'input.absent', message, 'make it required, or give it a default')];
  }
  return [];
}

export function templatePlace(path: DocumentPath): LintReport {
  const message =
    'a template must be the whole value of a field of a typed action, as `{{ inputs.x }}`; it never fills text';
  return errorAt(path, 'template.place', message, 'use `action:` with typed fields in place of `cmd`');
}

function classOfKind(kind: string): ActionClass {
  if (kind === 'manual') return 'manual';
  return writeActionSchema.options.some((option) => option.shape.kind.value === kind) ? 'write' : 'read';
}

/** Names that become parts of a URL and of an approval must be names, before anybody is asked to approve them. */
function nameReports(fields: Readonly<Record<string, unknown>>, path: DocumentPath): LintReport[] {
  const reports: LintReport[] = [];
  const workload = isRecord(fields.of) ? fields.of.workload : fields.target;
  if (isRecord(workload) && !(isText(workload.namespace, isLabel) && isText(workload.name, isName))) {
    const message = 'its target is not named as Kubernetes names objects: lower-case letters, digits, `-`';
    reports.push(errorAt(path, 'action.name', message));
  }
  if (fields.kind !== 'set-resources') return reports;
  if (typeof fields.container === 'string' && !isLabel(fields.container) && !hasTemplateText(fields.container)) {
    reports.push(errorAt([...path, 'container'], 'action.name', 'is not named as Kubernetes names containers'));
  }
  if (!hasResources(fields.limits) && !hasResources(fields.requests)) {
    reports.push(errorAt(path, 'schema.missing', 'sets nothing: expected `limits` or `requests`'));
  }
  return reports;
}

/** What is not text at all is for the schema to report. */
function isText(value: unknown, accepts: (text: string) => boolean): boolean {
  return typeof value !== 'string' || accepts(value);
}

function hasResources(list: unknown): boolean {
  return isRecord(list) && Object.keys(list).length > 0;
}
