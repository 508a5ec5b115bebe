// types.mjs - what src/events says of the types of events: their names, their fields, their files.
//
// The list of src/events/types.h names the types; the field table of each stands beside its
// `const struct topo_type topo_type_NAME`. Only names and kinds are read here. Bounds are compared by
// tests/unit/events/test_types, which has the compiled tables.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from './read.mjs'

// The C files of a folder and of those in it, sorted, relative to it.
function filesIn(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const file = below ? `${below}/${entry.name}` : entry.name
      if (entry.isDirectory()) return filesIn(folder, file)
      return /\.[ch]$/.test(entry.name) ? [file] : []
    })
    .sort()
}

// [{ name, kind }] of one type, in order, without the field that is completed for the author; undefined when no text
// defines it.
function fieldsOf(name, texts) {
  for (const text of texts) {
    const type = text.match(new RegExp(`const struct topo_type topo_type_${name} =\\s*\\{([^;]*)\\};`))
    if (!type) continue
    const table = type[1].match(/\.fields = (\w+)/)?.[1]
    const rows = text.match(new RegExp(`const struct topo_field ${table}\\[\\] = \\{([^;]*)\\};`))?.[1]
    if (rows === undefined) throw new Refusal(`src/events: the field table of ${name} cannot be read`)
    const completed = type[1].match(/\.completed = "(\w+)"/)?.[1] // no author chooses it
    return [...rows.matchAll(/\{"([a-z0-9_]+)",\s*TOPO_FIELD_([A-Z0-9]+)/g)]
      .map(([, field, kind]) => ({ name: field, kind }))
      .filter((field) => field.name !== completed)
  }
}

// Name → fields, for every type of the list. Throws a Refusal.
export function readTypes(tree) {
  const folder = join(tree, 'src/events')
  const list = readFileSync(join(folder, 'types.h'), 'utf8').match(
    /#define TOPO_TYPE_LIST\(X\)((?:.*\\\n)+.*)/
  )
  if (!list) throw new Refusal('src/events/types.h: there is no TOPO_TYPE_LIST')
  const texts = filesIn(folder)
    .filter((file) => file.endsWith('.c'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
  const types = new Map()
  for (const [, name] of list[1].matchAll(/\bX\((\w+)\)/g)) {
    const fields = fieldsOf(name, texts)
    if (!fields) throw new Refusal(`src/events: no file defines topo_type_${name}, which types.h lists`)
    types.set(name, fields)
  }
  return types
}

// The list of sources for make: whatever is in the folders, so that a new one needs no line of its own.
export function sources(tree) {
  const lines = filesIn(join(tree, 'src/events')).map((file) => `\tsrc/events/${file}`)
  return `# Module.gen.am - the files of src/events.
# Written by openapi/generate.mjs from the folder; make generate writes it anew.
libtopo_core_a_SOURCES += \\
${lines.join(' \\\n')}
`
}
