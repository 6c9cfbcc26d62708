import { z } from 'zod';
import { configFileSchema } from '../../src/config/config.ts';

/** One key of the configuration file, as the README's table has it. `about` is what the schema itself says, where it says something. */
export type ConfigurationRow = {
  readonly key: string;
  readonly type: string;
  readonly default: string;
  readonly about: string | undefined;
};

type JsonSchema = {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
};

/** Every key that a configuration file may hold, from the schema that checks it: `listen.port`, `routes[].match`. */
export function configurationRows(): ConfigurationRow[] {
  return rowsOf(z.toJSONSchema(configFileSchema, { io: 'input' }) as JsonSchema, '');
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): ConfigurationRow[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = `${prefix}${name}`;
    const own = {
      key,
      type: typeOf(schema),
      default: defaultOf(schema, required.includes(name)),
      about: schema.description,
    };
    if (schema.type === 'object' && schema.properties !== undefined) return rowsOf(schema, `${key}.`);
    if (schema.type === 'array' && schema.items?.properties !== undefined)
      return [own, ...rowsOf(schema.items, `${key}[].`)];
    return [own];
  });
}

function typeOf({ additionalProperties, enum: words, format, items, pattern, type = 'any' }: JsonSchema): string {
  if (words !== undefined) return words.join(', ');
  if (type === 'array') return items?.properties === undefined ? `list of ${typeOf(items ?? {})}` : 'list';
  if (type === 'object')
    return typeof additionalProperties === 'object' ? `map to ${typeOf(additionalProperties)}` : type;
  if (format === 'uri') return 'URL';
  if (pattern?.includes('(s|m|h|d)') === true) return 'duration';
  return type === 'string' ? 'text' : type;
}

function defaultOf({ default: value, type }: JsonSchema, isRequired: boolean): string {
  if (value !== undefined) return plain(value);
  if (isRequired) return 'required';
  return type === 'object' ? '' : 'none';
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'empty' : JSON.stringify(value);
  return String(value);
}
