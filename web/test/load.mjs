// load.mjs - a module of src, compiled for Node. TOPO_NODE_MODULES: a folder that has node_modules,
// when web/ itself has none.
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = process.env.TOPO_NODE_MODULES || fileURLToPath(new URL('..', import.meta.url))
const { build } = createRequire(`${folder}/package.json`)('esbuild')

export async function load(path) {
  const work = await mkdtemp(join(tmpdir(), 'topo-web-'))
  try {
    const outfile = join(work, 'module.mjs')
    await build({
      entryPoints: [fileURLToPath(new URL(`../src/${path}`, import.meta.url))],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node18',
      logLevel: 'warning',
      nodePaths: [join(folder, 'node_modules')]
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(work, { recursive: true })
  }
}

export const key = (letter) => letter.repeat(43)

// A message of a channel "c"; its place is `at`, padded, unless told.
export function message(name, at, more = {}) {
  return {
    message: name,
    channel: 'c',
    author: { user: 'bob', name: 'Bob' },
    text: name,
    sent_at_ms: at,
    place: String(at).padStart(12, '0'),
    reactions: [],
    ...more
  }
}
