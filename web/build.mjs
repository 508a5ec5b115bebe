// build.mjs - makes web/dist: the page, minified, with names that hold the hash of the content, each
// file compressed, and manifest.txt, from which embed.c makes C.
//
// A line of the manifest: PATH TAB MEDIA-TYPE TAB FILE TAB FLAGS, where FLAGS has "gzip" and perhaps
// "immutable", and TAB POLICY when the file has a Content-Security-Policy of its own. The build fails
// when the first visit would cost more than BUDGET bytes.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { docs } from './docs/files.mjs'

const BUDGET = 90 * 1024 // bytes of gzip, of script and style before anything is shown
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8'
}
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const out = here('dist')

// `import shape from "icon:hash"` is the shapes of that lucide icon: [[tag, attributes], …].
export const icons = {
  name: 'icons',
  setup(plugin) {
    plugin.onResolve({ filter: /^icon:/ }, ({ path }) => ({ path: path.slice(5), namespace: 'icon' }))
    plugin.onLoad({ filter: /.*/, namespace: 'icon' }, async ({ path }) => {
      const svg = await readFile(here(`node_modules/lucide-static/icons/${path}.svg`), 'utf8')
      const inner = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1)
      const shapes = [...inner.matchAll(/<(\w+)([^>]*?)\/>/g)].map(([, tag, text]) => [
        tag,
        Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
      ])
      if (shapes.length === 0) throw new Error(`the icon ${path} has no shapes`)
      return { contents: JSON.stringify(shapes), loader: 'json' }
    })
  }
}

async function bundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here('.'),
    entryPoints: { app: 'src/main.tsx', theme: 'src/theme.js', style: 'src/style.css' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: ['es2021', 'chrome111', 'firefox113', 'safari16.4'],
    legalComments: 'none',
    charset: 'utf8',
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    outdir: out,
    write: false,
    metafile: true,
    plugins: [icons],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning'
  })
  const files = outputFiles.map((file) => ({ name: basename(file.path), data: Buffer.from(file.contents) }))
  return { files, lazy: lazyChunks(metafile) }
}

// The chunks that no entry needs before something is asked for.
function lazyChunks(metafile) {
  const eager = new Set()
  const visit = (path) => {
    if (eager.has(path)) return
    eager.add(path)
    for (const one of metafile.outputs[path].imports) if (one.kind === 'import-statement') visit(one.path)
  }
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (/^src\/(main|theme|style)\./.test(output.entryPoint ?? '')) visit(path)
  }
  return new Set(
    Object.keys(metafile.outputs)
      .filter((path) => !eager.has(path))
      .map((path) => basename(path))
  )
}

function find(files, start) {
  return files.find((file) => file.name.startsWith(`${start}-`)).name
}

async function main() {
  const { files, lazy } = await bundle()
  const mark = await readFile(here('src/mark.svg'))
  const markName = `mark-${createHash('sha256').update(mark).digest('hex').slice(0, 8).toUpperCase()}.svg`
  files.push({ name: markName, data: mark })

  const page = (await readFile(here('src/index.html'), 'utf8'))
    .replace('{theme}', find(files, 'theme'))
    .replace('{style}', find(files, 'style'))
    .replace('{app}', find(files, 'app'))
    .replace('{mark}', markName)
  const entries = [
    { path: '/', name: 'index.html', data: Buffer.from(page) },
    {
      path: '/openapi.json',
      name: 'openapi.json',
      data: await readFile(here('../openapi/openapi.gen.json'))
    },
    ...files.map((file) => ({ path: `/assets/${file.name}`, ...file, immutable: true })),
    ...(await docs(markName))
  ]

  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  let first = 0
  const lines = []
  for (const entry of entries) {
    const packed = gzipSync(entry.data, { level: 9 })
    const type = TYPES[extname(entry.name)]
    if (/^\/assets\/.*\.(js|css)$/.test(entry.path) && !lazy.has(entry.name)) first += packed.length
    await writeFile(`${out}/${entry.name}.gz`, packed)
    const line = [entry.path, type, `${entry.name}.gz`, entry.immutable ? 'gzip,immutable' : 'gzip']
    lines.push((entry.policy ? [...line, entry.policy] : line).join('\t'))
  }
  console.log(`web: ${entries.length} files, ${first} of ${BUDGET} bytes at the first visit`)
  if (first > BUDGET) throw new Error(`script and style take ${first} bytes, ${BUDGET} are allowed`)
  await writeFile(`${out}/manifest.txt`, `${lines.join('\n')}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
