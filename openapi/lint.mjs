// lint.mjs - is openapi.yaml a good OpenAPI 3.1 document? Prints each breach as `file: place: rule: sentence`;
// asks nothing of the network.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createConfig, lint } from '@redocly/openapi-core'

const rules = {
  // Every refusal is the default answer: which statuses there are follows from the codes of Problem.
  'operation-4xx-response': 'off',
  // The one server is this machine.
  'no-server-example.com': 'off',
  // The licence is named by its SPDX identifier.
  'info-license-url': 'off',
  'no-ambiguous-paths': 'error',
  'no-identical-paths': 'error',
  'no-invalid-media-type-examples': 'error',
  'no-invalid-schema-examples': 'error',
  'no-unused-components': 'error',
  'operation-operationId': 'error',
  'operation-operationId-unique': 'error',
  'operation-singular-tag': 'error',
  'operation-summary': 'error',
  'operation-tag-defined': 'error',
  'parameter-description': 'error',
  'security-defined': 'error',
  'tag-description': 'error'
}

// What travels over the WebSocket is described here, and OpenAPI has no place that refers to it.
const unreferred = ['#/components/schemas/EventHello', '#/components/schemas/EventBatch']

const ref = join(dirname(fileURLToPath(import.meta.url)), 'openapi.yaml')
const problems = await lint({ ref, config: await createConfig({ extends: ['recommended'], rules }) })
const breaches = problems
  .map(({ location: [at], ruleId, message }) => ({
    place: at.pointer ?? `line ${at.start?.line}`,
    ruleId,
    message
  }))
  .filter(({ place, ruleId }) => !(ruleId === 'no-unused-components' && unreferred.includes(place)))
for (const { place, ruleId, message } of breaches)
  process.stdout.write(`openapi/openapi.yaml: ${place}: ${ruleId}: ${message.replace(/\s+/g, ' ')}\n`)
process.exitCode = breaches.length ? 1 : 0
