// asserts.mjs - what stands in topo_assert(...): nothing that does anything, and enough of it.
//
//   node tests/lint/asserts.mjs FLOOR ROOM...   breaches: FLOOR assertions for 1,000 lines in each room named
import { fileURLToPath } from 'node:url'
import { breaches, cFiles, closing, lineAt } from './source.mjs'

// What an assertion may call: names that say that they ask. A new question gets such a name, or a line here.
const PURE = [
  // What C, POSIX and libraries have; and macros.
  /^(sizeof|memcmp|sodium_memcmp|strcmp|strncmp|strlen|strnlen|strchr|abs|atomic_load)$/,
  /^(pthread_self|sqlite3_get_autocommit)$/,
  /^[A-Z][A-Z0-9_]*$/,
  // A question anywhere in the name, or at its end.
  /(^|_)(is|are|has|have|can|may|in|within|find|same)(_|$)/,
  /_(holds|covers|contains|allows|allowed|fits|matches|exists|known|sorted|empty|valid|equal|compare|of)$/,
  /_(count|size|length|index|sum|state|room)$/
]
const CALL = /(?<!->|\.)\b([A-Za-z_]\w*)\s*\(/g
const MEMBER_CALL = /(?:->|\.)\s*(\w+)\s*\(/g
const ASSIGNMENT = /(?:^|[^=!<>])=(?!=)|<<=|>>=/

// Each topo_assert of a file: its line and its condition. The macro's own definition is none.
export function assertsOf({ code }) {
  return [...code.matchAll(/\btopo_assert\s*\(/g)]
    .filter(({ index }) => !/#[ \t]*define[ \t]+$/.test(code.slice(0, index)))
    .map(({ index, 0: match }) => {
      const start = index + match.length
      const condition = code.slice(start, closing(code, start - 1))
      return { line: lineAt(code, index), condition: condition.replace(/\s+/g, ' ').trim() }
    })
}

function effectOf(condition) {
  if (/\+\+|--/.test(condition)) return 'counts'
  if (ASSIGNMENT.test(condition)) return 'assigns'
  for (const form of [CALL, MEMBER_CALL])
    for (const [, name] of condition.matchAll(form))
      if (!PURE.some((pure) => pure.test(name))) return `calls ${name}, which is not known to be pure`
  return undefined
}

// A pointer that is not NULL: it says little, and the processor would say the same a line later. A lone
// name is taken for a pointer unless the room declares a bool of that name.
function isBareNullCheck(condition, bools) {
  return condition.split('&&').every((part) => {
    const [, path, compared] = part.trim().match(/^\(*([A-Za-z_][\w.]*(?:->[\w.]+)*)( != NULL)?\)*$/) ?? []
    return path !== undefined && (compared !== undefined || !bools.has(path.match(/\w+$/)[0]))
  })
}

// densityOf FILES ROOM: assertions, bare NULL checks left out, and lines that are not blank, of a room.
export function densityOf(files, room) {
  const own = files.filter(({ path, generated }) => path.startsWith(`src/${room}/`) && !generated)
  const bools = new Set(
    own.flatMap(({ code }) => [...code.matchAll(/\bbool (\w+)/g)].map(([, name]) => name))
  )
  const counted = own.flatMap(assertsOf).filter(({ condition }) => !isBareNullCheck(condition, bools)).length
  const lines = own.flatMap(({ text }) => text.split('\n')).filter((line) => line.trim() !== '').length
  return { counted, lines, perThousand: lines === 0 ? 0 : (counted * 1000) / lines }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [floor, ...rooms] = process.argv.slice(2)
  const files = cFiles('src')
  for (const file of files)
    for (const { line, condition } of assertsOf(file)) {
      const effect = effectOf(condition)
      if (effect) breaches('pure', [`${file.path}:${line}: the assertion ${effect}: ${condition}`])
    }
  for (const room of rooms) {
    const { counted, lines, perThousand } = densityOf(files, room)
    if (perThousand < Number(floor))
      breaches('density', [
        `src/${room}:0: ${counted} assertions in ${lines} lines are ${perThousand.toFixed(1)} for 1,000`
      ])
  }
}
