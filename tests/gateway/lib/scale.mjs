// scale.mjs - how large the tests are: as they are written in a release build, a tenth of that under a
// sanitizer, which is that much slower. TOPO_SANITIZED=1 or 0 says it; otherwise the program does.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const build = process.env.TOPO_BUILDDIR ?? fileURLToPath(new URL('../../../build', import.meta.url))
export const topod = `${build}/topod`

function looksSanitized() {
  const program = readFileSync(topod)
  return program.includes('__asan_init') || program.includes('__tsan_init')
}

export const sanitized = process.env.TOPO_SANITIZED ? process.env.TOPO_SANITIZED === '1' : looksSanitized()

// A count of a long test.
export function scaled(n) {
  return sanitized ? Math.max(1, Math.round(n / 10)) : n
}
