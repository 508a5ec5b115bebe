// What the timeline shows, in which order, and how much of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, message } from './load.mjs'

const { ROWS_MAX, lowerBound, remove, upsert, windowRows, withPage } = await load('model/timeline.ts')
const names = (timeline) => timeline.items.map((item) => item.message)
const NOON = new Date(2026, 4, 1, 12).getTime()
const loaded = (items, complete = true) => ({ items, before: null, complete })
const many = (count, step_ms = 60_000) =>
  Array.from({ length: count }, (_, i) => message(`m${i}`, NOON + i * step_ms))

test('a late message goes to its place, not to the end', () => {
  const before = loaded([message('a', 10), message('c', 30)])
  assert.deepEqual(names(upsert(before, [message('b', 20)])), ['a', 'b', 'c'])
  assert.deepEqual(names(before), ['a', 'c'])
})

test('places are compared as text', () => {
  const items = [message('b', 1, { place: '9' })]
  assert.deepEqual(names(upsert(loaded(items), [message('a', 2, { place: '10' })])), ['a', 'b'])
})

test('a message that is told twice is shown once, as it was told last', () => {
  const once = upsert(loaded([]), [message('a', 10), message('a', 10, { text: 'new' })])
  const twice = upsert(once, [message('a', 10, { text: 'newer' })])
  assert.deepEqual(
    twice.items.map((item) => item.text),
    ['newer']
  )
})

test('what is older than the loaded part waits for its page', () => {
  const part = loaded([message('b', 20)], false)
  assert.deepEqual(names(upsert(part, [message('a', 10)])), ['b'])
  assert.deepEqual(names(upsert(loaded([message('b', 20)]), [message('a', 10)])), ['a', 'b'])
})

test('a message that moved is in one place only', () => {
  const moved = upsert(loaded([message('a', 10), message('b', 20)]), [message('a', 30)])
  assert.deepEqual(names(moved), ['b', 'a'])
})

test('an older page goes before, what both hold is shown once', () => {
  const part = withPage(
    undefined,
    { items: [message('c', 30), message('d', 40)], before: '30', after: '40' },
    2
  )
  assert.equal(part.complete, false)
  const all = withPage(part, { items: [message('a', 10), message('c', 30)], before: '10', after: '30' }, 3)
  assert.deepEqual(names(all), ['a', 'c', 'd'])
  assert.equal(all.complete, true)
  assert.equal(all.before, '10')
})

test('removing what is not there changes nothing', () => {
  const some = loaded([message('a', 10)])
  assert.equal(remove(some, new Set(['x'])), some)
  assert.deepEqual(names(remove(some, new Set(['a']))), [])
})

test('lowerBound finds the first at or after a place', () => {
  const items = [message('a', 10), message('b', 20), message('c', 30)]
  assert.deepEqual(
    [5, 10, 11, 30, 31].map((at) => lowerBound(items, String(at).padStart(12, '0'))),
    [0, 0, 1, 2, 3]
  )
})

test('messages of one author within five minutes share a head; other authors and days do not', () => {
  const items = [
    message('a', NOON),
    message('b', NOON + 299_000),
    message('c', NOON + 299_000 + 300_000),
    message('d', NOON + 600_000, { author: { user: 'eve', name: 'Eve' } }),
    message('e', NOON + 86_400_000, { author: { user: 'eve', name: 'Eve' } })
  ]
  const { rows } = windowRows(items, 'end', null)
  assert.deepEqual(
    rows.map((row) => (row.kind === 'message' ? `${row.message.message}${row.head ? '*' : ''}` : row.kind)),
    ['day', 'a*', 'b', 'c*', 'd*', 'day', 'e*']
  )
})

test('one line divides what was read from what is new', () => {
  const items = many(5)
  const { rows } = windowRows(items, 'end', items[2].place)
  assert.deepEqual(
    rows.map((row) => row.kind),
    ['day', 'message', 'message', 'message', 'new', 'message', 'message']
  )
  assert.equal(
    windowRows(items, 'end', items[4].place).rows.some((row) => row.kind === 'new'),
    false
  )
})

test('however much is loaded, the rows are bounded, also when each message has a day of its own', () => {
  for (const step of [60_000, 86_400_000]) {
    const items = many(5000, step)
    for (const window of [
      'end',
      { from: items[0].place },
      { from: items[2500].place },
      { from: items[4990].place }
    ]) {
      const { rows, start, end } = windowRows(items, window, items[4000].place)
      assert.ok(rows.length <= ROWS_MAX && rows.length > 0)
      assert.equal(rows.filter((row) => row.kind === 'message').length, end - start)
      if (window === 'end') assert.equal(end, items.length)
      else assert.equal(items[start].place, window.from)
    }
  }
})

test('a row keeps its key when the canonical message takes the place of the optimistic one', () => {
  const { rows } = windowRows([message('a', NOON, { idempotency_key: 'k' })], 'end', null)
  assert.equal(rows.at(-1).key, 'k')
})
