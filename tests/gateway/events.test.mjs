// events.test.mjs - who reads and then follows knows everything, once, whatever happens to the connection.
import assert from 'node:assert/strict'
import { Subscriber } from './lib/subscriber.mjs'
import { found, startNode, startTeam } from './lib/node.mjs'
import { scaled } from './lib/scale.mjs'
import { test } from './lib/test.mjs'
import { each, until, within } from './lib/wait.mjs'

const isReady = (event) => event.type === 'ready'

// Sends n messages, `width` at a time; their ids.
async function send(client, path, n, width = 32, name = 'm') {
  const ids = []
  await each(n, width, async (i) => {
    ids.push((await client.ok('sendMessage', { path, body: { text: `${name} ${i}` } })).message)
  })
  return ids
}

async function cursorOf(client, space) {
  return (await client.call('listChannels', { path: { space } })).headers['topo-cursor']
}

// Every one exactly once.
function checkOnce(subscriber, ids) {
  const missed = ids.filter((id) => !subscriber.seen.has(id))
  const twice = [...subscriber.seen].filter(([, n]) => n > 1)
  assert.equal(missed.length, 0, `${subscriber.kind}: ${missed.length} missed`)
  assert.equal(twice.length, 0, `${subscriber.kind}: ${twice.length} told twice`)
  assert.equal(subscriber.seen.size, ids.length, `${subscriber.kind}: others were told`)
  assert.equal(subscriber.resets, 0)
}

test('events: a subscription begins with ready, then the present state', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const socket = await admin.socket({ subscribe: [{ space }] })
  const stream = await admin.events({ query: { space } })
  const now = await cursorOf(admin, space)
  for (const link of [socket, stream]) {
    const ready = await link.next()
    assert.equal(ready.type, 'ready')
    assert.equal(ready.cursor, now, 'from now on')
    const states = [await link.next(), await link.next(), await link.next()]
    assert.deepEqual(states.map((event) => event.type).sort(), ['peers', 'space', 'sync'])
    const told = Object.fromEntries(states.map((event) => [event.type, event.data]))
    assert.deepEqual(told.space, await admin.ok('getSpace', { path: { space } }))
    assert.deepEqual(told.peers, await admin.ok('listPeers', { path: { space } }))
  }
  const made = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'new' } })
  for (const link of [socket, stream]) {
    const event = await link.find((given) => given.type === 'message', 'the message')
    assert.deepEqual(event.data, made)
    assert.equal(event.cursor, await cursorOf(admin, space), 'a read after it is of its moment')
  }
})

test('events: the Unix socket tells the same, without a token', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const local = node.local()
  const links = [
    await local.socket({ subscribe: [{ space, types: ['message'] }] }),
    await local.events({ query: { space, types: 'message' } })
  ]
  for (const link of links) assert.equal((await link.next()).type, 'ready')
  const made = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'new' } })
  for (const link of links) assert.deepEqual((await link.next()).data, made)
})

test('events: a reaction is told as its message, and a channel as itself', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const { message } = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'Tea?' } })
  const socket = await admin.socket({ subscribe: [{ space, types: ['message', 'channel'] }] })
  await socket.find(isReady, 'ready')
  await admin.ok('addReaction', { path: { space, message }, body: { emoji: '🫖' } })
  const event = await socket.next()
  assert.deepEqual(event.data, await admin.ok('getMessage', { path: { space, message } }))
  assert.equal(event.data.reactions[0].emoji, '🫖')
  const made = await admin.ok('createChannel', { path: { space }, body: { name: 'pots' } })
  assert.deepEqual((await socket.next()).data, made)
})

test('events: who comes is told as a member and as a peer', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const socket = await admin.socket({ subscribe: [{ space }] })
  await socket.find(isReady, 'ready')
  const { link } = await admin.ok('createInvite', { path: { space } })
  const joined = await other.ok('joinWorkspace', { body: { link, user_name: 'bob', wait_ms: 0 } })
  const there = await other.socket({ subscribe: [{ space: joined.space, types: ['space', 'member'] }] })
  let bob
  let peer
  while (!bob || !peer) {
    const event = await socket.next()
    if (event.type === 'member' && event.data.name === 'bob') bob = event.data
    if (event.type === 'peers')
      peer = event.data.items.find((item) => item.device === joined.space && item.connected)
  }
  const { items } = await admin.ok('listMembers', { path: { space } })
  assert.deepEqual(
    bob,
    items.find((member) => member.user === bob.user)
  )
  const state = await there.find(
    (event) => event.type === 'space' && event.data.state === 'ready',
    'it is let in'
  )
  assert.equal(state.data.name, 'Tea house')
})

test('events: a filter lets through what it names', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const { channel: pots } = await admin.ok('createChannel', { path: { space }, body: { name: 'pots' } })
  const inChannel = await admin.socket({ subscribe: [{ space, channel: pots }] })
  const channels = await admin.socket({ subscribe: [{ space, types: ['channel'] }] })
  const stream = await admin.events({ query: { space, channel: pots, types: 'message' } })
  const two = await admin.events({ query: { space, types: 'channel,member' } })
  for (const link of [inChannel, channels, stream, two]) await link.find(isReady, 'ready')
  const send_ = (at, text) => admin.ok('sendMessage', { path: { space, channel: at }, body: { text } })
  await send_(channel, 'elsewhere')
  await send_(pots, 'here')
  const made = await admin.ok('createChannel', { path: { space }, body: { name: 'cups' } })
  const next = (link) => link.find((event) => event.cursor !== undefined, 'something durable')
  assert.equal((await next(inChannel)).data.text, 'here')
  assert.equal((await next(inChannel)).data.channel, made.channel, 'other types are not bound to the channel')
  assert.equal((await channels.next()).data.channel, made.channel)
  assert.equal((await stream.next()).data.text, 'here')
  assert.equal((await two.next()).data.channel, made.channel)
})

test('events: a type that is none, or a space that is not there, is refused', async (t) => {
  const { admin, space } = await startTeam(t)
  const refused = async (query, status, code, bad) => {
    const { answer } = await admin.events({ query, bad })
    assert.equal(`${answer.status} ${answer.body?.code}`, `${status} ${code}`, JSON.stringify(query))
  }
  await refused({}, 400, 'invalid-argument', true)
  await refused({ space: 'x' }, 400, 'invalid-argument', true)
  await refused({ space, types: '' }, 400, 'invalid-argument', true)
  await refused({ space, types: 'message,nonsense' }, 400, 'invalid-argument')
  await refused({ space, channel: 'x' }, 400, 'invalid-argument', true)
  await refused({ space, since: 'nonsense' }, 400, 'invalid-argument')
  await refused({ space: 'A'.repeat(43) }, 404, 'not-found')
  const socket = await admin.socket({ subscribe: [{ space: 'A'.repeat(43) }] })
  assert.equal((await socket.find((event) => event.type === 'problem', 'a refusal')).data.code, 'not-found')
  assert.equal((await socket.closed).code, 4404)
})

test('events: one socket follows several spaces, and lets go of one', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const other = await found(admin, 'Elsewhere')
  const third = await found(admin, 'Third')
  const socket = await admin.socket({
    subscribe: [
      { space, types: ['message'] },
      { space: other.space, types: ['message'] }
    ]
  })
  const began = [await socket.next(), await socket.next()]
  assert.deepEqual(began.map((event) => event.space).sort(), [space, other.space].sort())
  socket.say({ subscribe: [{ space: third.space, types: ['message'] }] })
  assert.equal((await socket.find(isReady, 'the third')).space, third.space)
  const say = (place, text) =>
    admin.ok('sendMessage', { path: { space: place.space, channel: place.channel }, body: { text } })
  const heard = async () => {
    const texts = []
    for (const place of [{ space, channel }, other, third]) await say(place, `to ${place.space}`)
    for (;;) {
      const event = await socket.next()
      assert.equal(event.data.text, `to ${event.space}`)
      texts.push(event.space)
      if (event.space === third.space) return texts
    }
  }
  const all = new Set(await heard())
  // They come side by side, so some may be heard in the next round only.
  for (let round = 0; all.size < 3; round++) for (const id of await heard()) all.add(id)
  socket.say({ unsubscribe: [other.space] })
  socket.say({ subscribe: [{ space: third.space, types: ['message'] }] }) // replaced: its ready is behind the unsubscribe
  await socket.find(isReady, 'the third anew')
  for (let round = 0; round < 3; round++) assert(!(await heard()).includes(other.space), 'let go of')
})

test('events: a cursor of somebody else, or of the future, starts anew', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const other = await startTeam(t)
  const foreign = await cursorOf(other.admin, other.space)
  const future = (await cursorOf(admin, space)).replace(/\d+$/, (n) => String(Number(n) + 1000))
  for (const since of [foreign, future]) {
    const links = [
      await admin.socket({ subscribe: [{ space, since, types: ['message'] }] }),
      await admin.events({ query: { space, since, types: 'message' } })
    ]
    for (const link of links) {
      const reset = await link.next()
      assert.equal(reset.type, 'reset')
      assert.equal(reset.cursor, await cursorOf(admin, space))
    }
    const made = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'after' } })
    for (const link of links) {
      const event = await link.next()
      assert.deepEqual(event.data, made, 'and goes on from there')
    }
  }
})

test('events: a cursor is good after a crash', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const since = await cursorOf(admin, space)
  const [id] = await send(admin, { space, channel }, 1)
  await node.crash()
  await node.start()
  const client = node.client()
  const links = [
    await client.socket({ subscribe: [{ space, since, types: ['message'] }] }),
    await client.events({ query: { space, since, types: 'message' } })
  ]
  for (const link of links) {
    assert.equal((await link.next()).type, 'ready')
    assert.equal((await link.next()).data.message, id)
  }
})

test('events: a node that stops says so', async (t) => {
  const { node, admin, space } = await startTeam(t)
  const socket = await admin.socket({ subscribe: [{ space }] })
  const stream = await admin.events({ query: { space } })
  for (const link of [socket, stream]) await link.find(isReady, 'ready')
  await node.stop()
  assert.equal((await within(socket.closed, 'the socket is closed')).code, 1001)
  while ((await stream.next()) !== undefined);
})

// Reads happen while others write: what a page shows and what comes after its cursor is everything, once.
test('events: a page and what follows its cursor have no gap and no overlap', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const n = 190
  const rounds = []
  let sent = 0
  const writing = each(n, 8, async (i) => {
    await admin.ok('sendMessage', { path, body: { text: `m ${i}` } })
    sent++
  })
  while (sent < n) {
    const page = await admin.call('listMessages', { path, query: { limit: 200 } })
    const subscriber = new Subscriber(
      admin,
      rounds.length % 2 ? 'socket' : 'stream',
      space,
      page.headers['topo-cursor']
    )
    const snapshot = page.body.items.map((item) => item.message)
    rounds.push({
      subscriber,
      snapshot,
      running: subscriber.run(() => snapshot.length + subscriber.seen.size >= n)
    })
    await until(() => sent >= Math.min(n, rounds.length * 8), 'some more')
  }
  await writing
  await Promise.all(rounds.map((round) => round.running))
  const all = (await admin.ok('listMessages', { path, query: { limit: 200 } })).items.map(
    (item) => item.message
  )
  assert.equal(all.length, n)
  for (const { subscriber, snapshot } of rounds) {
    for (const id of snapshot) assert(!subscriber.seen.has(id), 'told again')
    checkOnce(
      subscriber,
      all.filter((id) => !snapshot.includes(id))
    )
  }
  t.diagnostic(`${rounds.length} pages while ${n} messages were written`)
  assert(rounds.length > 5)
})

test('events: killed and resumed a hundred times, none is missed and none comes twice', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const n = scaled(10_000)
  const cuts = 100
  const since = await cursorOf(admin, space)
  let done = 0
  const cutEvery = (subscriber) => {
    if (subscriber.seen.size % Math.floor(n / (cuts + 1)) === 0 && subscriber.connections <= cuts)
      subscriber.cut()
  }
  const subscribers = ['socket', 'stream'].map(
    (kind) => new Subscriber(node.client(), kind, space, since, cutEvery)
  )
  // One more does not read at all while they are written.
  const slow = new Subscriber(node.client(), 'socket', space, since)
  await slow.connect()
  slow.link.pause()
  const running = subscribers.map((subscriber) =>
    subscriber.run(() => subscriber.seen.size >= n).then(() => done++)
  )
  const ids = await send(admin, path, n)
  await Promise.all(running)
  for (const subscriber of subscribers) {
    checkOnce(subscriber, ids)
    assert(subscriber.connections > cuts, `${subscriber.kind}: cut ${subscriber.connections - 1} times`)
  }
  const more = await send(admin, path, n, 32, 'more')
  slow.link.resume()
  const caughtUp = () => slow.seen.size >= 2 * n
  for (let event = await slow.link.next(); event !== undefined; event = await slow.link.next()) {
    slow.take(event)
    if (caughtUp()) break
  }
  if (!caughtUp()) await slow.run(caughtUp) // whoever is let go for slowness goes on from the cursor
  checkOnce(slow, [...ids, ...more])
})
