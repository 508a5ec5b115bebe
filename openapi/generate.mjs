// generate.mjs - writes what follows from openapi.yaml:
//
//   node generate.mjs [FOLDER]
//
// src/api/operations.gen.h, src/node/operations.gen.c, src/daemon/operations.gen.c, src/cli/describe.gen.c and
// openapi/openapi.gen.json, below FOLDER or else in the tree that this file is in.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { descriptions } from './describe.mjs'
import { Refusal, readDocument, readOperations } from './read.mjs'
import { header, rows } from './rows.mjs'

const here = dirname(fileURLToPath(import.meta.url))

function filesOf(document) {
  const operations = readOperations(document)
  const table = (...where) => operations.filter((operation) => where.includes(operation.where))
  return {
    'src/api/operations.gen.h': header(table('registry', 'read', 'space')),
    'src/node/operations.gen.c': rows(
      'operations.gen.c',
      'the operations of one space.',
      'topo_space_operations',
      table('read', 'space')
    ),
    'src/daemon/operations.gen.c': rows(
      'operations.gen.c',
      'the operations of the daemon itself.',
      'topo_registry_operations',
      table('registry')
    ),
    'src/cli/describe.gen.c': descriptions(operations),
    'openapi/openapi.gen.json': `${JSON.stringify(document)}\n`
  }
}

function main(folder) {
  // All or nothing: a document that is refused changes no file.
  const files = filesOf(readDocument(join(here, 'openapi.yaml')))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

try {
  main(process.argv[2] ?? join(here, '..'))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`openapi.yaml: ${error.message}\n`)
  process.exitCode = 1
}
