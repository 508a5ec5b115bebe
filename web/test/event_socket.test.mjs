// The event socket: what it says first, and how it comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { EventSocket, RETRY_FIRST_MS, RETRY_MAX_MS } = await load('model/event_socket.ts')

// A world in which sockets and timers do what the test says.
function world() {
  const it = {
    sockets: [],
    timers: [],
    states: [],
    batches: [],
    denied: 0,
    subscriptions: [{ space: 's', since: '1' }]
  }
  it.socket = new EventSocket({
    open() {
      const socket = {
        sent: [],
        closed: false,
        send: (text) => socket.sent.push(JSON.parse(text)),
        close: () => (socket.closed = true)
      }
      it.sockets.push(socket)
      return socket
    },
    token: () => 'token',
    subscriptions: () => it.subscriptions,
    batch: (events) => it.batches.push(events),
    state: (state) => it.states.push(state),
    denied: () => (it.denied += 1),
    later: (run, delay_ms) => it.timers.push({ run, delay_ms })
  })
  it.last = () => it.sockets.at(-1)
  return it
}

test('the first message carries the token and the subscriptions with their cursors', () => {
  const it = world()
  it.socket.start()
  it.last().onopen()
  assert.deepEqual(it.last().sent, [{ token: 'token', subscribe: [{ space: 's', since: '1' }] }])
  assert.deepEqual(it.states, ['open'])
})

test('later subscriptions carry no token; before the socket is open they go along with the first message', () => {
  const it = world()
  it.socket.start()
  it.socket.subscribe([{ space: 't' }])
  assert.deepEqual(it.last().sent, [])
  it.last().onopen()
  it.socket.subscribe([{ space: 't' }])
  assert.deepEqual(it.last().sent[1], { subscribe: [{ space: 't' }] })
})

test('a lost socket is told at once and resumes from the cursor that was reached', () => {
  const it = world()
  it.socket.start()
  it.last().onopen()
  it.subscriptions = [{ space: 's', since: '7' }]
  it.last().onclose({ code: 1006 })
  assert.deepEqual(it.states, ['open', 'down'])
  assert.equal(it.timers[0].delay_ms, RETRY_FIRST_MS)
  it.timers[0].run()
  it.last().onopen()
  assert.deepEqual(it.last().sent[0].subscribe, [{ space: 's', since: '7' }])
  assert.equal(it.sockets.length, 2)
})

test('attempts wait longer and longer, up to a bound, and start anew after one that worked', () => {
  const it = world()
  it.socket.start()
  for (let index = 0; index < 8; index += 1) {
    it.last().onclose({ code: 1006 })
    it.timers.at(-1).run()
  }
  assert.deepEqual(
    it.timers.map((timer) => timer.delay_ms),
    [250, 500, 1000, 2000, 4000, 4000, 4000, 4000]
  )
  assert.equal(it.timers.at(-1).delay_ms, RETRY_MAX_MS)
  it.last().onopen()
  it.last().onclose({ code: 1001 })
  assert.equal(it.timers.at(-1).delay_ms, RETRY_FIRST_MS)
})

test('a token that is no longer good ends it', () => {
  const it = world()
  it.socket.start()
  it.last().onclose({ code: 4401 })
  assert.equal(it.denied, 1)
  assert.equal(it.timers.length, 0)
  assert.deepEqual(it.states, [])
})

test('a nudge tries at once, and the attempt that was planned does not come on top', () => {
  const it = world()
  it.socket.start()
  it.last().onclose({ code: 1006 })
  it.socket.nudge()
  it.timers[0].run()
  assert.equal(it.sockets.length, 2)
})

test('what an old socket still says is not heard', () => {
  const it = world()
  it.socket.start()
  const old = it.last()
  old.onopen()
  it.socket.stop()
  it.socket.start()
  old.onmessage({ data: '[1]' })
  old.onclose({ code: 1006 })
  assert.deepEqual(it.batches, [])
  it.last().onmessage({ data: '[2]' })
  assert.deepEqual(it.batches, [[2]])
})
