import { writeFileSync } from 'node:fs';
import { runbookJsonSchema } from '../../../src/core/runbook/json-schema.ts';

/** Writes `runbooks/schema.json` anew from the schemas that load runbooks: `node test/core/runbook/write-schema.ts`. */
const file = new URL('../../../runbooks/schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(runbookJsonSchema(), null, 2)}\n`);
