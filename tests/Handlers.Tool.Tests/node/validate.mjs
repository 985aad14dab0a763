// Holds a document against the published meta-schema of AsyncAPI 3.0. The document comes on stdin; a line for each error goes to stdout.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const Ajv = require('ajv');
const { schemas } = require('@asyncapi/specs');

const schema = schemas['3.0.0'];
delete schema.definitions['http://json-schema.org/draft-07/schema']; // Ajv has it already
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
const validate = ajv.compile(schema);
for (const document of JSON.parse(readFileSync(0, 'utf8'))) {
  if ('schema' in document) {
    // { schema, values }: whether values are of a schema of ours
    const own = new Ajv({ strict: false, validateFormats: false });
    const check = own.compile(document.schema);
    console.log(document.values.map(value => (check(value) ? 'valid' : 'invalid')).join(' '));
  } else {
    console.log(validate(document) ? 'valid' : `invalid: ${validate.errors.slice(0, 3).map(e => `${e.instancePath} ${e.message}`).join('; ')}`);
  }
}
