// test.mjs - node:test, with an end to every test and to all of them.
import nodeTest from 'node:test'
import { PATIENCE_MS } from './wait.mjs'

export function test(name, run) {
  nodeTest(name, { timeout: 4 * PATIENCE_MS }, run)
}

// Tests that wait most of the time, at the same time: { name: run }.
export function together(name, runs) {
  nodeTest(name, { timeout: 4 * PATIENCE_MS, concurrency: true }, (t) =>
    Promise.all(Object.entries(runs).map(([part, run]) => t.test(part, { timeout: 4 * PATIENCE_MS }, run)))
  )
}

// A test that was given up may have left a connection that would keep the suite from ending: after the last
// test it has `seconds` to end by itself.
export function endsWithin(seconds) {
  nodeTest('suite: it ends', () => {
    const giveUp = () => {
      process.stderr.write('the suite does not end: a test has left something open\n')
      process.exit(1)
    }
    setTimeout(giveUp, seconds * 1000).unref()
  })
}
