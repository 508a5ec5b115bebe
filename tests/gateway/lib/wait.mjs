// wait.mjs - waiting for a condition, never for a time.
import assert from 'node:assert/strict'
import { sanitized } from './scale.mjs'

// What a test waits for, at most; sanitized builds on a loaded machine are slow.
export const PATIENCE_MS = sanitized ? 120_000 : 45_000

// The promise's value, or a failure that says what did not happen.
export function within(promise, what, ms = PATIENCE_MS) {
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `not within ${ms} ms: ${what}` })),
      ms
    )
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const turn = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Asks again until `ask` gives something true, and returns that.
export async function until(ask, what, ms = PATIENCE_MS) {
  const end = Date.now() + ms
  for (;;) {
    const found = await ask()
    if (found) return found
    assert(Date.now() < end, `not within ${ms} ms: ${what}`)
    await turn(20)
  }
}

// Runs `work(i)` for i below n, `width` at a time.
export async function each(n, width, work) {
  let next = 0
  const run = async () => {
    while (next < n) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, n) }, run))
}
