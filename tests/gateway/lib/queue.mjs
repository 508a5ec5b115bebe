// queue.mjs - what comes from a stream, for a test to take one at a time.
import assert from 'node:assert/strict'
import { PATIENCE_MS } from './wait.mjs'

export class Queue {
  constructor(name) {
    this.name = name
    this.items = []
    this.wake = null
    this.ended = false
  }

  push(item) {
    this.items.push(item)
    this.wake?.()
  }

  // Nothing more comes.
  end() {
    this.ended = true
    this.wake?.()
  }

  // The next one; undefined after the last.
  async next(ms = PATIENCE_MS) {
    const end = Date.now() + ms
    while (this.items.length === 0) {
      if (this.ended) return undefined
      const left = end - Date.now()
      assert(left > 0, `nothing came within ${ms} ms from ${this.name}`)
      await this.more(left)
    }
    return this.items.shift()
  }

  more(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        this.wake = null
        resolve()
      }
    })
  }

  // The next one that `fits`; those before it are passed over. Fails when the stream ends first.
  async find(fits, what, ms) {
    for (;;) {
      const item = await this.next(ms)
      assert(item !== undefined, `${this.name} ended before ${what}`)
      if (fits(item)) return item
    }
  }
}
