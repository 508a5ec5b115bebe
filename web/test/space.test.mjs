// What events, reads and writes do to the data of a space.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, message } from './load.mjs'

const { applyBatch, emptySpace, isUnread, withMessages, withPending, withSent, withSnapshot } =
  await load('model/space.ts')

const info = { space: 's', workspace: 'w', name: 'Tea', user_name: 'Alice', state: 'ready', detail: '' }
const member = (user, name, is_me = false) => ({ user, name, role: 'member', is_me, devices: [] })
const channel = (id) => ({
  channel: id,
  name: id,
  created_at_ms: 1,
  author: { user: 'alice', name: 'Alice' }
})
const event = (type, data, cursor = '1') => ({ type, space: 's', cursor, data })
const page = (...items) => ({ items, before: items[0]?.place ?? null, after: items.at(-1)?.place ?? null })
const begun = () =>
  withSnapshot(
    emptySpace(info),
    '0',
    [channel('c'), channel('d')],
    [member('alice', 'Alice', true), member('bob', 'Bob')]
  )
const opened = (...items) => withMessages(begun(), 'c', page(...items), 50, [], false)
const shown = (data) => data.timelines.get('c').items.map((item) => item.message)
const pending = (key) => ({
  key,
  channel: 'c',
  text: key,
  at_ms: 1,
  state: 'saving',
  reason: '',
  again: false
})

test('a snapshot tells who I am and where events go on', () => {
  const data = begun()
  assert.equal(data.me, 'alice')
  assert.equal(data.cursor, '0')
  assert.equal(data.names.get('bob'), 'Bob')
})

test('the cursor is that of the last durable event; others leave it', () => {
  const sync = {
    type: 'sync',
    space: 's',
    data: { state: 'synced', events: 1, held: 0, wanted: 0, rejected: 0, peers: 1, detail: '' }
  }
  const { data } = applyBatch(begun(), [
    event('channel', channel('e'), '5'),
    event('message', message('a', 1), '6'),
    sync
  ])
  assert.equal(data.cursor, '6')
  assert.equal(data.sync.state, 'synced')
})

test('events are applied any number of times with the same end', () => {
  const events = [
    event('message', message('a', 10)),
    event('channel', channel('e')),
    event('member', member('eve', 'Eve'))
  ]
  const once = applyBatch(opened(), events).data
  const twice = applyBatch(once, events).data
  assert.deepEqual(twice, once)
  assert.deepEqual(shown(twice), ['a'])
})

test('of several changes to a message the last one counts, also when it is its end', () => {
  const { data } = applyBatch(opened(), [
    event('message', message('a', 10)),
    event('message.gone', { message: 'a' })
  ])
  assert.deepEqual(shown(data), [])
  const back = applyBatch(data, [
    event('message.gone', { message: 'a' }),
    event('message', message('a', 10))
  ]).data
  assert.deepEqual(shown(back), ['a'])
})

test('a member who takes another name has it on old messages, one who leaves keeps it', () => {
  const renamed = applyBatch(opened(message('a', 1)), [event('member', member('bob', 'Robert'))]).data
  assert.equal(renamed.names.get('bob'), 'Robert')
  const left = applyBatch(renamed, [event('member.gone', { user: 'bob', name: 'Robert' })]).data
  assert.deepEqual(
    left.members.map((one) => one.user),
    ['alice']
  )
  assert.equal(left.names.get('bob'), 'Robert')
})

test('names that are not known yet do not replace known ones', () => {
  assert.equal(applyBatch(begun(), [event('member', member('bob', ''))]).data.names.get('bob'), 'Bob')
})

test('a reset asks for everything to be read anew', () => {
  const { reset, data } = applyBatch(begun(), [{ type: 'reset', space: 's', cursor: '9' }])
  assert.equal(reset, true)
  assert.equal(data.cursor, '9')
})

test('this device is another user, or none: everything is read anew, once', () => {
  const other = applyBatch(begun(), [
    event('member', member('alice', 'Alice')),
    event('member', member('bob', 'Bob', true))
  ])
  assert.equal(other.reset, true)
  assert.equal(other.data.me, 'bob')
  const gone = applyBatch(begun(), [event('member.gone', { user: 'alice', name: 'Alice' })])
  assert.equal(gone.reset, true)
  assert.equal(applyBatch(gone.data, [event('member', member('eve', 'Eve'))]).reset, false)
  assert.equal(applyBatch(begun(), [event('member.gone', { user: 'bob', name: 'Bob' })]).reset, false)
})

test('the optimistic message goes when the canonical one comes, by event, answer or page', () => {
  const waiting = withPending(withPending(opened(), pending('k1')), pending('k2'))
  const own = message('m', 10, { idempotency_key: 'k1', author: { user: 'alice', name: 'Alice' } })
  for (const data of [
    applyBatch(waiting, [event('message', own)]).data,
    withSent(waiting, own),
    withMessages(waiting, 'c', page(own), 50, [], false)
  ]) {
    assert.deepEqual(
      data.outbox.map((one) => one.key),
      ['k2']
    )
    assert.deepEqual(shown(data), ['m'])
  }
})

test('an answer that comes after a later event does not take the message back', () => {
  const reacted = message('m', 10, { reactions: [{ emoji: '👍', count: 1, mine: false, users: ['bob'] }] })
  const after = withSent(applyBatch(opened(), [event('message', reacted)]).data, message('m', 10))
  assert.equal(after.timelines.get('c').items[0].reactions.length, 1)
})

test('a page that was asked for before an event does not undo it', () => {
  const during = [event('message.gone', { message: 'a' }), event('message', message('c', 30))]
  const data = withMessages(begun(), 'c', page(message('a', 10), message('b', 20)), 50, during, false)
  assert.deepEqual(shown(data), ['b', 'c'])
})

test('after a reset the newest page replaces what was loaded', () => {
  const data = withMessages(
    opened(message('old', 1), message('b', 20)),
    'c',
    page(message('b', 20)),
    1,
    [],
    true
  )
  assert.deepEqual(shown(data), ['b'])
})

test('a channel is unread by the last message of others after the place read', () => {
  const own = message('m', 20, { author: { user: 'alice', name: 'Alice' } })
  const { data, arrived } = applyBatch(begun(), [
    event('message', message('a', 10)),
    event('message', message('b', 5))
  ])
  assert.deepEqual(
    arrived.map((one) => one.message),
    ['a']
  )
  assert.equal(isUnread(data, 'c', undefined), true)
  assert.equal(isUnread(data, 'c', message('a', 10).place), false)
  assert.equal(isUnread(applyBatch(data, [event('message', own)]).data, 'c', undefined), false)
  assert.equal(isUnread(data, 'd', undefined), false)
})

test('a burst of a thousand events on ten thousand messages takes less than half a second', () => {
  const data = opened(...Array.from({ length: 10_000 }, (_, i) => message(`m${i}`, i)))
  const burst = Array.from({ length: 1000 }, (_, i) => event('message', message(`n${i}`, 20_000 + i)))
  const start = performance.now()
  assert.equal(applyBatch(data, burst).data.timelines.get('c').items.length, 11_000)
  assert.ok(performance.now() - start < 500)
})
