// retired.mjs - identifiers of C, JavaScript and TypeScript hold no word that was retired, so that one word
// stays one thing.
//
//   node tests/lint/retired.mjs           breaches
//   node tests/lint/retired.mjs --write   writes the list of identifiers that are known to hold one
//
// An identifier is cut at `_`, at digits and where a capital follows; a plural is the same word. The words
// and the names that stay are in retired-words.txt. Identifiers that were there before their words were
// retired are in retired-identifiers.txt, which only shrinks and without which nothing is excepted.
import { readFileSync } from 'node:fs'
import { bareC, breaches, filesOf, lineAt, listOf, unsorted, writeList } from './source.mjs'

const WORDS = 'tests/lint/retired-words.txt'
const KNOWN = 'tests/lint/retired-identifiers.txt'
const FOLDERS = ['src', 'tests', 'web/src', 'openapi']

// JavaScript without comments and quoted text; what stands in ${...} is code. A slash begins a pattern
// where no value can end.
function bareJs(text) {
  const out = text.split('')
  const braces = [] // for each open brace: does it end a ${ of a template?
  let at = 0
  const blank = (end) => {
    for (; at < end; at++) if (out[at] !== '\n') out[at] = ' '
  }
  const endOf = (form) => {
    form.lastIndex = at
    return form.exec(text)?.[0].length
  }
  const template = () => {
    blank(at + (endOf(/(?:\\[^]|\$(?!\{)|[^\\`$])*/y) ?? 0))
    braces.push(text[at] === '$')
    if (!braces.at(-1)) braces.pop()
    blank(at + (text[at] === '$' ? 2 : 1))
  }
  while (at < text.length) {
    const comment = endOf(/\/\/[^\n]*|\/\*[^]*?\*\//y)
    const quoted = endOf(/"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/y)
    const before = out
      .slice(Math.max(0, at - 80), at)
      .join('')
      .trimEnd()
    const pattern = /(^|[(,=:[!&|?{};+]|=>|\breturn|\bcase)$/.test(before)
      ? endOf(/\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y)
      : undefined
    if (comment ?? quoted ?? pattern) blank(at + (comment ?? quoted ?? pattern))
    else if (text[at] === '`') {
      blank(at + 1)
      template()
    } else if (text[at] === '}' && braces.pop()) {
      blank(at + 1)
      template()
    } else {
      if (text[at] === '{') braces.push(false)
      at++
    }
  }
  return out.join('')
}

// The files that a word is retired in: beneath a folder, or of an ending (`*.c`). None named: all.
const isIn = (path, places) =>
  places.length === 0 ||
  places.some((place) => (place[0] === '*' ? path.endsWith(place.slice(1)) : path.startsWith(`${place}/`)))

// retired-words.txt: `word<TAB>replacement<TAB>places`, or `=name<TAB>why it stays`.
const retired = new Map()
const stays = new Set()
for (const { entry } of listOf(WORDS)) {
  const [word, replacement, places = ''] = entry.split('\t')
  if (word[0] === '=') stays.add(word.slice(1))
  else retired.set(word, { replacement, places: places.split(' ').filter(Boolean) })
}

const wordsOf = (identifier) =>
  identifier
    .replace(/([a-z])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3_$2')
    .toLowerCase()
    .split(/[^a-z]+/)

const singular = (word) => (retired.has(word) ? word : word.replace(/s$/, ''))

// The identifiers of a file that hold a retired word. A function of the system of that name may be called.
function* heldBy(path) {
  const text = readFileSync(path, 'utf8')
  const code = /\.[ch]$/.test(path) ? bareC(text) : bareJs(text)
  for (const { 0: name, index } of code.matchAll(/[A-Za-z_$][\w$]*/g)) {
    if (stays.has(name) || (stays.has(`${name}()`) && code[index + name.length] === '(')) continue
    const word = wordsOf(name)
      .map(singular)
      .find((part) => retired.has(part) && isIn(path, retired.get(part).places))
    if (word) yield { name, word, line: lineAt(code, index) }
  }
}

const paths = FOLDERS.flatMap((folder) => filesOf(folder, /\.(c|h|mjs|js|ts|tsx)$/)).filter(
  (path) => !/\.gen\./.test(path)
)
const known = new Set(listOf(KNOWN).map(({ entry }) => entry))
const seen = new Set()
const sentences = []
for (const path of paths)
  for (const { name, word, line } of heldBy(path)) {
    if (!seen.has(name) && !known.has(name))
      sentences.push(
        `${path}:${line}: ${name} holds the word ${word}, which is ${retired.get(word).replacement} now`
      )
    seen.add(name)
  }

if (process.argv[2] === '--write') {
  writeList(
    KNOWN,
    'Identifiers that hold a retired word; tests/lint/words.sh --write writes this list.',
    seen
  )
} else {
  breaches('new', sentences)
  const gone = listOf(KNOWN).filter(({ entry }) => !seen.has(entry))
  breaches(
    'known',
    gone.map(({ entry, line }) => `${KNOWN}:${line}: ${entry} is gone: take it out (words.sh --write)`)
  )
  breaches('known', unsorted(KNOWN))
}
