import { z } from 'zod';
import { actionKinds, actionSchemaOf, cmdSchema, runbookFileSchema, stepSchema } from './schema.ts';
import { isRecord } from './source-document.ts';
import { templatePattern } from './template.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 2020-12) of a runbook file, for editors: completion and red lines while writing. Made from the zod schemas that load runbooks;
 * what JSON Schema cannot say (CEL, kubectl lines, references to inputs) is left to `runbooks lint`.
 */
export function runbookJsonSchema(): Json {
  const shared = propertiesOf(toJson(stepSchema));
  const step = Object.fromEntries(Object.keys(shared).map((field) => [field, { $ref: `#/$defs/${field}` }]));
  const cmd = closed({ ...propertiesOf(toJson(cmdSchema)), ...step }, ['cmd']);
  const typed = actionKinds.map((kind) => typedAction(kind, step));
  const file = toJson(runbookFileSchema);
  const properties = propertiesOf(file);
  const actions = isRecord(properties.actions) ? properties.actions : {};
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'sre-copilot runbook',
    ...file,
    properties: { ...properties, actions: { ...actions, items: { anyOf: [cmd, ...typed] } } },
    $defs: shared,
  };
}

function typedAction(kind: string, step: Json): Json {
  const schema = actionSchemaOf(kind);
  const own = schema === undefined ? {} : toJson(schema);
  const { kind: _kind, ...fields } = propertiesOf(own);
  const required = Array.isArray(own.required) ? own.required.filter((field) => field !== 'kind') : [];
  const templated = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, orTemplate(field)]));
  return closed({ action: { const: kind }, ...templated, ...step }, ['action', ...required]);
}

/** Any value of a typed action may be a template in its place; a plain text field already accepts one. */
function orTemplate(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties' && isRecord(value)) {
        return [key, Object.fromEntries(Object.entries(value).map(([name, field]) => [name, orTemplate(field)]))];
      }
      return key === 'items' ? [key, orTemplate(value)] : [key, value];
    }),
  );
  if (schema.const !== undefined) return inner;
  if (schema.type === 'string' && schema.pattern === undefined && schema.enum === undefined) return inner;
  return { anyOf: [inner, { type: 'string', pattern: templatePattern.source }] };
}

function closed(properties: Json, required: readonly string[]): Json {
  return { type: 'object', properties, required, additionalProperties: false };
}

function toJson(schema: z.ZodType): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return json;
}

function propertiesOf(schema: Json): Json {
  return isRecord(schema.properties) ? schema.properties : {};
}
