// things.mjs - one of each thing that a path can name, and a request of each operation, made from the
// document alone: a new type of event brings its operations into the tests that ask all of them.
import assert from 'node:assert/strict'
import { operations } from './contract.mjs'

const exampleOf = (op) => op.node.requestBody?.content['application/json'].example

export const namesIn = (op) => [...op.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])

// A good request of an operation, for things that are there.
export function requestOf(op, things) {
  const path = Object.fromEntries(namesIn(op).map((name) => [name, things[name]]))
  return { path, body: exampleOf(op) }
}

// Those that only make an event (x-topo-authors).
export const authoring = () => [...operations.values()].filter((op) => op.node['x-topo-authors'])

// { space, channel, message, … } in the space that is given, each made by the operation whose answer names it;
// and the id of a token that there is not, and an address that nobody has given.
export async function makeThings(admin, given) {
  const things = { ...given, token_id: 'A'.repeat(16), address: '192.0.2.9:7443' }
  for (const op of authoring()) {
    assert(
      namesIn(op).every((name) => name in things),
      `${op.id} stands before what makes its path`
    )
    const answer = await admin.ok(op.id, requestOf(op, things))
    const named = new Set([...operations.values()].flatMap(namesIn))
    for (const [name, value] of Object.entries(answer))
      if (named.has(name) && !(name in things)) things[name] = value
  }
  return things
}

function otherValue(value, { enum: texts, minimum, maximum }) {
  if (texts) return texts.find((text) => text !== value)
  if (typeof value === 'string') return `${value}!`
  if (typeof value === 'boolean') return !value
  return value === minimum ? maximum : minimum
}

// The example with another value of its first member.
export function otherBody(op) {
  const { example, schema } = op.node.requestBody.content['application/json']
  const [[name, value]] = Object.entries(example)
  return { ...example, [name]: otherValue(value, schema.properties[name]) }
}
