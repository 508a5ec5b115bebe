// convergence.test.mjs - a client that only applies events knows what one that reads everything knows,
// however often its connection ends.
import assert from 'node:assert/strict'
import { startNode, startTeam } from './lib/node.mjs'
import { prng, seed } from './lib/prng.mjs'
import { Mirror, readAll } from './lib/mirror.mjs'
import { scaled } from './lib/scale.mjs'
import { test } from './lib/test.mjs'
import { each, until } from './lib/wait.mjs'

const EMOJIS = ['🫖', '🍵', '+1', 'ok', '☕']

// One random write at one of the nodes. `shared` has what everybody knows of: ids are the same everywhere.
async function act(random, side, shared, i) {
  const { client, space } = side
  const dice = random.below(100)
  const channel = random.pick(shared.channels)
  const target = shared.messages.length ? random.pick(shared.messages) : null
  const key = random.below(2) ? { 'Idempotency-Key': `op-${i}` } : {}
  if (dice < 4) {
    const made = await client.ok('createChannel', {
      path: { space },
      body: { name: `channel ${i}` },
      headers: key
    })
    shared.fresh.push([side, made.channel])
  } else if (dice < 30 && target) {
    const given = { path: { space, message: target }, body: { emoji: random.pick(EMOJIS) }, headers: key }
    const answer = await client.call('addReaction', given)
    // The other side's message may still be on its way.
    assert(answer.status === 201 || answer.status === 404, answer.text)
  } else {
    const made = await client.ok('sendMessage', {
      path: { space, channel },
      body: { text: `${i}: ${'x'.repeat(random.below(300))}` },
      headers: key
    })
    shared.messages.push(made.message)
  }
}

test('convergence: events alone make the same as reading everything, on both of two nodes', async (t) => {
  const from = seed()
  const random = prng(from)
  t.diagnostic(`TOPO_SEED=${from}`)
  const { admin, space, channel } = await startTeam(t)
  const other = (await startNode(t)).client()
  const left = { client: admin, space }
  const mirrors = [new Mirror(admin, space, 'socket')]
  await mirrors[0].start()
  const { link } = await admin.ok('createInvite', { path: { space } })
  const joined = await other.ok('joinWorkspace', { body: { link, user_name: 'bob', wait_ms: 30000 } })
  const right = { client: other, space: joined.space }
  mirrors.push(new Mirror(other, joined.space, 'stream'))
  await mirrors[1].start()
  const has = async (side, id) =>
    (await side.client.ok('listChannels', { path: { space: side.space } })).items.some(
      (c) => c.channel === id
    )
  await until(() => has(right, channel), 'the channel arrives')

  const shared = { channels: [channel], messages: [], fresh: [] }
  const sides = [left, right]
  const n = scaled(2000)
  await each(n, 16, async (i) => {
    await act(random, sides[i % 2], shared, i)
    if (i % 60 === 59) random.pick(mirrors).cut()
    if (i % 50 !== 0 || shared.fresh.length === 0) return
    const [side, made] = shared.fresh[0]
    if (await has(sides[1 - sides.indexOf(side)], made)) {
      shared.fresh.shift()
      shared.channels.push(made)
    }
  })
  const prints = async () => {
    const [a, b] = await Promise.all(
      sides.map((side) => side.client.ok('getFingerprint', { path: { space: side.space } }))
    )
    return a.fingerprint === b.fingerprint && a.events === b.events
  }
  await until(prints, 'both nodes hold the same')

  const truths = []
  for (const [i, mirror] of mirrors.entries()) {
    const truth = await readAll(sides[i].client, sides[i].space)
    await mirror.reaches(truth)
    assert.deepEqual(mirror.state(), truth, `node ${i}: the events tell another story than the reads`)
    truths.push(truth)
  }
  const neutral = (truth) =>
    JSON.parse(
      JSON.stringify(truth, (key, value) =>
        ['is_me', 'mine', 'idempotency_key', 'place'].includes(key) ? undefined : value
      )
    )
  assert.deepEqual(neutral(truths[0]), neutral(truths[1]), 'and both nodes the same story')
  t.diagnostic(`${truths[0].channels.length} channels, ${truths[0].messages.length} messages`)
  for (const mirror of mirrors) mirror.stop()
})
