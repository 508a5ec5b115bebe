// bounds.mjs - a bound is a constant of src/ whose name ends in _MAX or _LIMIT, and it has to limit something.
//
//   node tests/lint/bounds.mjs             breaches
//   node tests/lint/bounds.mjs --write     writes the lists of exceptions
//   node tests/lint/bounds.mjs --figures   how many there are
//
// - It is used: in the code of a .c file, as the length of an array, or in a constant that is used itself.
//   Static assertions are no use: they hold a bound against others, and nothing against it. The use is
//   in the file that defines the bound, or, when that is a header, in its folder or in one that includes
//   it. Those that limit nothing yet stand in unused-bounds.txt, which only shrinks.
// - It is tested at its edge: a test, or a comment of one, names it. Those that none names stand in
//   untested-bounds.txt, which only shrinks.
import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import {
  breaches,
  cFiles,
  closing,
  filesOf,
  includesOf,
  lineAt,
  listOf,
  unsorted,
  writeList
} from './source.mjs'

const UNUSED = 'tests/lint/unused-bounds.txt'
const UNTESTED = 'tests/lint/untested-bounds.txt'
const CONSTANT = /\b[A-Z][A-Z0-9_]*\b/g
const isBound = (name) => /_(MAX|LIMIT)$/.test(name)

// What a file defines: each enumerator and each macro, with the text that gives its value.
function constantsOf({ code }) {
  const found = []
  for (const { 1: name, 2: value, index } of code.matchAll(
    /^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n]*\\\n)*[^\n]*)/gm
  ))
    found.push({ name, value, start: index, end: index + code.slice(index).search(/[^\\](\n|$)/) + 1 })
  for (const { index, 0: head } of code.matchAll(/\benum\b[^;{}()]*\{/g)) {
    const start = index + head.length
    const body = code.slice(start, closing(code, start - 1))
    for (const item of body.matchAll(/([A-Za-z_]\w*)\s*(?:=([^,]*))?(?:,|$)/g))
      found.push({
        name: item[1],
        value: item[2] ?? '',
        start: start + item.index,
        end: start + item.index + item[0].length
      })
  }
  return found
}

// The code of a file without what defines constants and without static assertions, blanked in place.
function usesIn(file, constants) {
  let code = file.code
  const blank = (start, end) => {
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end)
  }
  for (const { start, end } of constants) blank(start, end)
  for (const { index } of file.code.matchAll(/\b(_Static_assert|static_assert)\s*\(/g))
    blank(index, closing(file.code, file.code.indexOf('(', index)))
  return code
}

const files = cFiles('src').filter(({ generated }) => !generated)
const defined = [] // the bounds: name, and where it is defined
const used = new Map() // constant -> files that use it
const values = new Map() // constant -> constants in its value, and the file of the definition

const use = (name, path) => {
  if (!used.has(name)) used.set(name, new Set())
  used.get(name).add(path)
}
for (const file of files) {
  const { path } = file
  const constants = constantsOf(file)
  for (const { name, value, start } of constants) {
    if (isBound(name)) defined.push({ name, path, line: lineAt(file.code, start) })
    values.set(name, [
      ...(values.get(name) ?? []),
      ...(value.match(CONSTANT) ?? []).map((word) => ({ word, path }))
    ])
  }
  const code = usesIn(file, constants)
  // In a header, a bound is used by the array that it is the length of, and by inline functions.
  const texts = path.endsWith('.c')
    ? [code]
    : [...code.matchAll(/\[[^\]]*\]|^static inline[^;]*\n\{\n[^]*?\n\}/gm)].map(([text]) => text)
  for (const text of texts) for (const [name] of text.matchAll(CONSTANT)) use(name, path)
}
// A constant that is used makes those used that its value is made of.
const followed = [...used.keys()]
while (followed.length > 0)
  for (const { word, path } of values.get(followed.pop()) ?? []) {
    if (!used.has(word)) followed.push(word)
    use(word, path)
  }

// The folders whose code can be meant by a header.
const near = (header) =>
  [header, ...files.filter((f) => includesOf(f).includes(header)).map(({ path }) => path)].map(dirname)

function isUsed({ name, path }) {
  const users = [...(used.get(name) ?? [])]
  if (path.endsWith('.c')) return users.includes(path)
  return users.some((user) => near(path).includes(dirname(user)))
}

const tests = filesOf('tests', /\.(c|h|mjs|sh)$/)
  .filter((path) => !path.startsWith('tests/lint/'))
  .map((path) => readFileSync(path, 'utf8'))
const named = new Set(tests.flatMap((text) => text.match(CONSTANT) ?? []))
const isTested = ({ name }) => named.has(name)

// Every bound keeps the rule or stands in the list; a name in the list that keeps it is taken out.
function check(rule, list, keeps, broken, kept) {
  const excepted = listOf(list)
  for (const bound of defined)
    if (!keeps(bound) && !excepted.some(({ entry }) => entry === bound.name))
      breaches(rule, [`${bound.path}:${bound.line}: ${broken(bound.name)}`])
  for (const { entry, line } of excepted) {
    const bounds = defined.filter(({ name }) => name === entry)
    if (bounds.length === 0)
      breaches('lists', [`${list}:${line}: ${entry} is no bound any more: take it out`])
    else if (bounds.every(keeps)) breaches('lists', [`${list}:${line}: ${kept(entry)} now: take it out`])
  }
  breaches('lists', unsorted(list))
}
function checkAll() {
  check(
    'used',
    UNUSED,
    isUsed,
    (name) => `${name} limits nothing`,
    (name) => `${name} limits something`
  )
  check(
    'tested',
    UNTESTED,
    isTested,
    (name) => `no test names ${name}`,
    (name) => `a test names ${name}`
  )
}

function writeLists() {
  const broken = (keeps) => defined.filter((bound) => !keeps(bound)).map(({ name }) => name)
  writeList(UNUSED, 'Bounds that limit nothing yet. A name goes as soon as it does.', broken(isUsed))
  writeList(UNTESTED, 'Bounds that no test names. A name goes as soon as one does.', broken(isTested))
}

function printFigures() {
  const count = (keeps) => defined.filter(keeps).length
  console.log(`${defined.length} bounds, ${count(isUsed)} of them used, ${count(isTested)} named by tests`)
}

if (process.argv[2] === '--write') writeLists()
else if (process.argv[2] === '--figures') printFigures()
else checkAll()
