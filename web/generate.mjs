// generate.mjs - writes src/api.gen.ts, the types of the page's client, from openapi/openapi.yaml.
//
//   npm run generate              write it
//   npm run generate -- --check   end with 1 if it is not what would be written
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../openapi/openapi.yaml', import.meta.url)
const target = new URL('src/api.gen.ts', import.meta.url)
const head = '// api.gen.ts - made from openapi/openapi.yaml by generate.mjs. Change that, not this.\n\n'

const text = head + astToString(await openapiTS(source))
if (process.argv.includes('--check')) {
  const held = await readFile(target, 'utf8').catch(() => '')
  if (held !== text) {
    console.error('web/src/api.gen.ts is stale: make generate (or npm run generate in web/)')
    process.exit(1)
  }
} else {
  await writeFile(fileURLToPath(target), text)
}
