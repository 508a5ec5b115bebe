// main.mjs - the suite in one process, so that what was covered is known at its end.
//
//   node --test-reporter=tap main.mjs            everything
//   node --test-reporter=tap main.mjs events     one file; coverage is not asked for then
import assert from 'node:assert/strict'
import { coverage } from './lib/contract.mjs'
import { endsWithin, test } from './lib/test.mjs'

const files = ['operations', 'idempotency', 'access', 'bad_input', 'deadlines', 'events', 'convergence']
const asked = process.argv.slice(2)
for (const name of asked.length ? asked : files) await import(`./${name}.test.mjs`)

// A route without a test fails.
if (asked.length === 0)
  test('suite: every operation of the document succeeded once and refused once', () => {
    const lacking = [...coverage].filter(([, seen]) => !seen.success || !seen.problem)
    assert.deepEqual(Object.fromEntries(lacking), {})
  })
endsWithin(30)
