// generate.mjs - writes what follows from openapi.yaml, and from the types of events in src/events:
//
//   node generate.mjs [FOLDER]
//
// The files are those of filesOf, below FOLDER or else in the tree that this file is in. Where this file is a
// copy, TOPO_TREE says where that tree is (openapi/run).
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { descriptions } from './describe.mjs'
import { Refusal, readDocument, readNotificationTypes, readOperations } from './read.mjs'
import { header, notificationTypes, rows } from './rows.mjs'
import { readTypes, sources } from './types.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const tree = process.env.TOPO_TREE ?? join(here, '..')

function filesOf(document) {
  const operations = readOperations(document, readTypes(tree))
  const table = (...where) => operations.filter((operation) => where.includes(operation.where))
  return {
    'src/api/operations.gen.h': header(table('registry', 'read', 'space')),
    'src/api/notification_types.gen.h': notificationTypes(readNotificationTypes(document)),
    'src/node/operations.gen.c': rows(
      'operations.gen.c',
      'the operations of one space.',
      'topo_space_operations',
      table('read', 'space')
    ),
    'src/events/Module.gen.am': sources(tree),
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
  main(process.argv[2] ?? tree)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stderr.write(`make generate: ${error.message}\n`)
  process.exitCode = 1
}
