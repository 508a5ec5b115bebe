// check.mjs - a reader of docs/vectors that knows docs/protocol.md and nothing else of Topo.
//
//   node check.mjs FOLDER
//
// It computes every value anew. Then it changes one value after the other, by one digit, and wants
// every change to be noticed. Prints TAP.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkBeacons } from './lib/check_beacons.mjs'
import { checkSession } from './lib/check_session.mjs'
import { checkSets } from './lib/check_sets.mjs'
import { checkSignatures } from './lib/check_signatures.mjs'
import { checkWorkspace } from './lib/check_workspace.mjs'

const [folder] = process.argv.slice(2)
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const workspace = read('workspace.json')
const files = [
  ['beacons.json', checkBeacons],
  ['signatures.json', checkSignatures],
  ['sets.json', checkSets],
  ['workspace.json', checkWorkspace],
  ['session.json', (v, expect) => checkSession(v, expect, workspace)]
]

/** What is wrong with the values of a file: sentences. */
function complaints(check, vectors) {
  const found = []
  const expect = (what, computed, stated) => {
    if (computed !== stated) found.push(`${what}: the rules say ${computed}, the file ${stated}`)
  }
  try {
    check(vectors, expect)
  } catch (error) {
    found.push(error.message)
  }
  return found
}

/** Calls visit(parent, key) for every value that is not a remark. */
function visitLeaves(value, visit) {
  for (const key of Object.keys(value)) {
    if (typeof value[key] === 'object') visitLeaves(value[key], visit)
    else if (key !== 'why') visit(value, key)
  }
}

/** The value, a little wrong: one character of a text, chosen by `n`. */
function changed(value, n) {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  if (value === '') return '00'
  const at = n % value.length
  const other = value[at] === '1' ? '2' : '1'
  return value.slice(0, at) + other + value.slice(at + 1)
}

let points = 0
function point(name, breaches) {
  points++
  console.log(`${breaches.length ? 'not ok' : 'ok'} ${points} - ${name}`)
  for (const breach of breaches) console.log(`# ${breach}`)
}

function plant(name, check, vectors) {
  const missed = []
  let n = 0
  visitLeaves(vectors, (parent, key) => {
    const before = parent[key]
    parent[key] = changed(before, 7919 * ++n)
    if (!complaints(check, vectors).length) missed.push(`${key}: ${before} became ${parent[key]}`)
    parent[key] = before
  })
  point(`each of ${n} changes to ${name} is noticed`, missed)
}

for (const [name, check] of files)
  point(`${name} holds what the rules make of it`, complaints(check, read(name)))
for (const [name, check] of files) plant(name, check, read(name))
console.log(`1..${points}`)
