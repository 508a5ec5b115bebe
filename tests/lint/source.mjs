// source.mjs - for the lints to import: the C files of the tree, without what is in comments and quotes.
//
// A lint runs at the top of the tree and prints each breach as `RULE file:line: sentence`.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

// The files beneath a folder whose names end as `ending` says, sorted; what others wrote is left out.
export function filesOf(folder, ending) {
  if (!existsSync(folder)) return []
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== 'dist') found.push(...filesOf(path, ending))
    } else if (ending.test(entry.name)) found.push(path)
  }
  return found.sort()
}

const spaces = (text) => text.replace(/[^\n]/g, ' ')

// C without its comments and without what stands between quotes; every other byte stays where it was.
const COMMENT_OR_QUOTED = /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/g
export const bareC = (text) =>
  text.replace(COMMENT_OR_QUOTED, (match) =>
    match[0] === '/' ? spaces(match) : match[0] + spaces(match.slice(1, -1)) + match[0]
  )

// A file that was read: its path, its text, its code (see bareC), and whether a program wrote it.
export function readC(path) {
  const text = readFileSync(path, 'utf8')
  return { path, text, code: bareC(text), generated: /\.gen\.[ch]$/.test(path) }
}

export const cFiles = (folder) => filesOf(folder, /\.[ch]$/).map(readC)

// The line, counted from 1, of an offset.
export function lineAt(text, offset) {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

// Where the bracket that opens at `start` closes, or the end of the text.
export function closing(code, start) {
  let depth = 0
  for (let at = start; at < code.length; at++) {
    if ('([{'.includes(code[at])) depth++
    else if (')]}'.includes(code[at]) && --depth === 0) return at
  }
  return code.length
}

// The names of our own headers that a file includes, as paths.
export const includesOf = ({ text }) =>
  [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)].map(([, name]) => `src/${name}`)

// A list of one entry a line; `#` begins a comment. No such file is an empty list.
export function listOf(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((entry, index) => ({ entry, line: index + 1 }))
    .filter(({ entry }) => entry !== '' && !entry.startsWith('#'))
}

// Writes a list of exceptions, or takes it away when there are none.
export function writeList(path, comment, names) {
  const sorted = [...new Set(names)].sort()
  if (sorted.length > 0) writeFileSync(path, [`# ${comment}`, ...sorted, ''].join('\n'))
  else rmSync(path, { force: true })
}

// What a list of exceptions has to be: sorted, so that it is compared at a glance.
export const unsorted = (path) =>
  listOf(path)
    .filter(({ entry }, index, all) => index > 0 && entry <= all[index - 1].entry)
    .map(({ entry, line }) => `${path}:${line}: ${entry} is not in the order of the list`)

// Prints breaches of one rule.
export function breaches(rule, sentences) {
  for (const sentence of sentences) console.log(`${rule} ${sentence}`)
}
