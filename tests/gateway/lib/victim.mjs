// victim.mjs - a node that is about to be treated badly, and what has to hold afterwards.
import assert from 'node:assert/strict'
import { checkAlways, checkProblem } from './contract.mjs'
import { startTeam } from './node.mjs'
import { sanitized } from './scale.mjs'
import { each } from './wait.mjs'

const MIB = 1024 * 1024
// What a node may have grown by after a test; sanitizers keep what was freed.
const GROWTH_MAX = sanitized ? 512 * MIB : 48 * MIB

// A team that has to be well after the test, and not much larger than before.
export async function startVictim(t) {
  const team = await startTeam(t)
  const { admin, space, channel, node } = team
  const path = { space, channel }
  await each(50, 10, (i) => admin.ok('sendMessage', { path, body: { text: `warm ${i}` } }))
  const before = node.rss()
  return {
    ...team,
    path,
    head: `Host: 127.0.0.1:${node.port}\r\nAuthorization: Bearer ${node.token}\r\n`,
    async well() {
      const fresh = node.client()
      const { message } = await fresh.ok('sendMessage', { path, body: { text: 'still here' } })
      await fresh.ok('getMessage', { path: { space, message } })
      const socket = await fresh.socket({ subscribe: [{ space }] })
      assert.equal((await socket.next()).type, 'ready')
      const grown = node.rss() - before
      assert(grown < GROWTH_MAX, `the node has grown by ${Math.round(grown / MIB)} MiB`)
      assert.doesNotMatch(
        JSON.stringify(await fresh.ok('listLogs', { query: { limit: 1000 } })),
        /"level":"error"/
      )
    }
  }
}

// An answer to something broken: a problem, and none of the server's own making.
export function checkRefusal(answer, what) {
  assert(answer, `${what}: no answer`)
  assert(
    answer.status >= 400 && (answer.status < 500 || answer.status === 503),
    `${what}: ${answer.status} ${answer.text}`
  )
  checkProblem(answer, what)
  checkAlways(answer, what)
}
