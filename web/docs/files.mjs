// files.mjs - what is served under /docs/: the API's reference, which is Swagger UI and nothing from
// anywhere else. The build fails when it would take more than BUDGET bytes.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const BUDGET = 512 * 1024 // bytes of gzip, all files
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
const folder = fileURLToPath(new URL('.', import.meta.url))
const swagger = (name) => readFile(`${folder}../node_modules/swagger-ui-dist/${name}`, 'utf8')

function named(start, extension, text) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase()
  return { name: `${start}-${hash}.${extension}`, data: Buffer.from(text), immutable: true }
}

async function minified(entry) {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'iife',
    outdir: folder,
    target: ['es2021', 'chrome111', 'firefox113', 'safari16.4'],
    charset: 'utf8',
    write: false,
    logLevel: 'warning'
  })
  return outputFiles[0].text
}

// The licence of Swagger UI and the notices of what is bundled with it.
async function licences() {
  const texts = ['NOTICE', 'LICENSE', 'swagger-ui-bundle.js.LICENSE.txt'].map(swagger)
  return `The reference of Topo's API is shown by Swagger UI.\n\n${(await Promise.all(texts)).join('\n\n')}`
}

// [{ path, name, data, immutable, policy }]; `mark` is the name of the mark among the assets.
export async function docs(mark) {
  const script = named('swagger-ui', 'js', await swagger('swagger-ui-bundle.js'))
  const start = named('docs', 'js', await minified('docs.js'))
  const style = named('docs', 'css', await minified('docs.css'))
  const page = (await readFile(`${folder}index.html`, 'utf8'))
    .replaceAll('{mark}', mark)
    .replace('{style}', style.name)
    .replace('{swagger}', script.name)
    .replace('{start}', start.name)
  const html = { name: 'docs.html', data: Buffer.from(page), policy: POLICY }
  const files = [
    { path: '/docs', ...html },
    { path: '/docs/', ...html },
    { path: '/docs/licences.txt', name: 'licences.txt', data: Buffer.from(await licences()) },
    ...[script, start, style].map((file) => ({ path: `/docs/${file.name}`, ...file }))
  ]
  const bytes = files.reduce((sum, { data }) => sum + gzipSync(data, { level: 9 }).length, 0)
  console.log(`web: ${bytes} of ${BUDGET} bytes under /docs/`)
  if (bytes > BUDGET) throw new Error(`/docs/ takes ${bytes} bytes, ${BUDGET} are allowed`)
  return files
}
