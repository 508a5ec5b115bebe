// idempotency.test.mjs - a write is done once, however often and by however many it is asked for.
import assert from 'node:assert/strict'
import { operations } from './lib/contract.mjs'
import { found, startNode, startTeam } from './lib/node.mjs'
import { test } from './lib/test.mjs'
import { authoring, makeThings, otherBody, requestOf } from './lib/things.mjs'

const keyed = (key) => ({ 'Idempotency-Key': key })

// What each operation that takes a key is asked in these tests: { path, body, other }.
async function requests(t, admin) {
  const { space } = await found(admin)
  const things = await makeThings(admin, { space })
  const elsewhere = await startTeam(t)
  const { link } = await elsewhere.admin.ok('createInvite', { path: { space: elsewhere.space } })
  return {
    createWorkspace: {
      body: { name: 'Second', user_name: 'alice' },
      other: { name: 'Third', user_name: 'alice' }
    },
    joinWorkspace: { body: { link, user_name: 'bob' }, other: { link, user_name: 'eve' } },
    createInvite: { path: { space }, body: { role: 'guest' }, other: { role: 'admin' } },
    ...Object.fromEntries(
      authoring().map((op) => [op.id, { ...requestOf(op, things), other: otherBody(op) }])
    )
  }
}

async function keyedOperations(t, admin) {
  const given = await requests(t, admin)
  const ids = [...operations.values()]
    .filter((op) => op.parameters.some(({ node }) => node.name === 'Idempotency-Key'))
    .map((op) => op.id)
  assert.deepEqual(ids.sort(), Object.keys(given).sort(), 'these are all that take a key')
  return Object.entries(given)
}

test('idempotency: a second request with the same key gets the first answer', async (t) => {
  const admin = (await startNode(t)).client()
  for (const [id, { path, body }] of await keyedOperations(t, admin)) {
    const given = { path, body, headers: keyed(`again-${id}`) }
    const first = await admin.call(id, given)
    const second = await admin.call(id, given)
    assert.equal(first.status, 201, first.text)
    assert.equal(first.headers['idempotency-replayed'], undefined)
    assert.equal(second.headers['idempotency-replayed'], 'true', id)
    assert.equal(second.status, 201)
    // A space is told as it is: one that joins may have got further.
    if (first.body.state) assert.equal(second.body.space, first.body.space, id)
    else assert.equal(second.text, first.text, id)
    assert.notEqual(second.headers['x-request-id'], first.headers['x-request-id'])
  }
})

test('idempotency: the same key with another body or on another path is refused', async (t) => {
  const admin = (await startNode(t)).client()
  for (const [id, { path, body, other }] of await keyedOperations(t, admin)) {
    const headers = keyed(`mismatch-${id}`)
    await admin.ok(id, { path, body, headers })
    await admin.refused(id, 422, 'idempotency-mismatch', { path, body: other, headers })
  }
})

test('idempotency: a refused request leaves its key unused', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const headers = keyed('k')
  await admin.refused('sendMessage', 400, 'invalid-argument', {
    path,
    body: { text: '' },
    headers,
    bad: true
  })
  const { idempotency_key } = await admin.ok('sendMessage', { path, body: { text: 'now' }, headers })
  assert.equal(idempotency_key, 'k')
})

test('idempotency: a key is 1 to 128 visible characters of ASCII', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const given = { path: { space, channel }, body: { text: 'one' } }
  for (const key of ['x'.repeat(129), 'a b', 'k\u00e9y', 'tab\there'])
    await admin.refused('sendMessage', 400, 'invalid-argument', { ...given, headers: keyed(key), bad: true })
  for (const key of ['x'.repeat(128), '!', '~', '"quoted"'])
    assert.equal((await admin.ok('sendMessage', { ...given, headers: keyed(key) })).idempotency_key, key)
})

test('idempotency: a retry after a crash is answered as the first was', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  for (let i = 0; i < 5; i++) {
    const given = { path, body: { text: `before crash ${i}` }, headers: keyed(`crash-${i}`) }
    const first = await admin.call('sendMessage', given)
    await node.crash()
    await node.start()
    const second = await node.client().call('sendMessage', given)
    assert.equal(second.text, first.text)
    assert.equal(second.headers['idempotency-replayed'], 'true')
    admin.where.port = node.port
  }
  assert.equal((await node.client().ok('listMessages', { path })).items.length, 5)
})

test('idempotency: a request cut off before its answer is finished by its retry', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const given = { path, body: { text: 'cut off' }, headers: keyed('cut') }
  const lost = admin.call('sendMessage', given).catch(() => 'lost')
  await node.crash()
  await lost
  await node.start()
  const { text, idempotency_key } = await node.client().ok('sendMessage', given)
  assert.deepEqual([text, idempotency_key], ['cut off', 'cut'])
  assert.equal(
    (await node.client().ok('listMessages', { path })).items.length,
    1,
    'once, whether it had come or not'
  )
})

test('idempotency: of twenty at once with one key, one writes', async (t) => {
  const { node, admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  for (let round = 0; round < 5; round++) {
    const given = { path, body: { text: `round ${round}` }, headers: keyed(`round-${round}`) }
    const clients = Array.from({ length: 20 }, (_, i) => (i % 2 ? admin : node.local()))
    const answers = await Promise.all(clients.map((client) => client.call('sendMessage', given)))
    assert.deepEqual(
      [...new Set(answers.map((answer) => `${answer.status} ${answer.text}`))].length,
      1,
      'one answer'
    )
    assert.equal(answers.filter((answer) => answer.headers['idempotency-replayed'] === undefined).length, 1)
  }
  assert.equal((await admin.ok('listMessages', { path })).items.length, 5)
})

test('idempotency: the key comes back on the item, in the page and in the event', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const socket = await admin.socket({ subscribe: [{ space, types: ['message'] }] })
  await socket.find((event) => event.type === 'ready', 'ready')
  const made = await admin.ok('sendMessage', {
    path: { space, channel },
    body: { text: 'mine' },
    headers: keyed('echo')
  })
  assert.equal(made.idempotency_key, 'echo')
  const [item] = (await admin.ok('listMessages', { path: { space, channel } })).items
  assert.deepEqual(item, made)
  assert.deepEqual(await admin.ok('getMessage', { path: { space, message: made.message } }), made)
  const event = await socket.find((given) => given.type === 'message', 'the message')
  assert.deepEqual(event.data, made)
})
