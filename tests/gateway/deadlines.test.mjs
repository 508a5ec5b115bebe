// deadlines.test.mjs - what takes a client's patience: the slow, the silent and the vanished are let go in time,
// and so is whoever has lost the right to listen. The server waits 10 s for a header or a hello, 30 s for a body,
// and looks after its streams every 15 s; a machine that is busy may take SLACK_MS more.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { startTeam } from './lib/node.mjs'
import { RawSocket } from './lib/raw.mjs'
import { sanitized } from './lib/scale.mjs'
import { together } from './lib/test.mjs'
import { checkRefusal, startVictim } from './lib/victim.mjs'
import { each, until, within } from './lib/wait.mjs'
import { frame, handshake } from './lib/websocket.mjs'

const SLACK_MS = 20_000

// Sends a byte of `text` every half second, and one of its last for ever, until the server has enough.
async function drip(node, text, atOnce, limit_ms) {
  const raw = new RawSocket(node)
  await within(raw.opened, 'a connection')
  await raw.write(text.slice(0, atOnce))
  const begun = Date.now()
  let at = atOnce
  const timer = setInterval(() => raw.write(text[Math.min(at++, text.length - 1)]), 500)
  try {
    await within(raw.closed, 'the end of a slow client', limit_ms)
  } finally {
    clearInterval(timer)
    raw.socket.destroy()
  }
  return { answers: raw.answers, took_ms: Date.now() - begun }
}

// How many sockets this process and the node may have open: the half of what the system lets us.
function affordable() {
  const limit = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))
  return Math.min(5000, Math.floor(Number(limit?.[1] ?? 1024) / 2))
}

async function slow(t) {
  const { node, admin, space, head, path, well } = await startVictim(t)
  const line = `POST /v1/spaces/${space}/channels/${path.channel}/messages HTTP/1.1\r\n${head}Content-Type: application/json\r\n`
  let over = false

  const slowHeader = async () => {
    const { answers } = await drip(
      node,
      `GET /v1/status HTTP/1.1\r\n${head}X-Slow: ${'z'.repeat(1000)}`,
      30,
      10_000 + SLACK_MS
    )
    for (const answer of answers) checkRefusal(answer, 'a slow header')
    if (answers.length) assert.equal(answers[0].status, 408)
  }
  const slowBody = async () => {
    const { answers } = await drip(
      node,
      `${line}Content-Length: 1000\r\n\r\n{"text":"${'z'.repeat(900)}`,
      line.length + 30,
      30_000 + SLACK_MS
    )
    for (const answer of answers) checkRefusal(answer, 'a slow body')
  }
  const slowChunks = async () => {
    const { answers } = await drip(
      node,
      `${line}Transfer-Encoding: chunked\r\n\r\n${'1\r\nz\r\n'.repeat(300)}`,
      line.length + 30,
      30_000 + SLACK_MS
    )
    for (const answer of answers) checkRefusal(answer, 'slow chunks')
  }
  const silentSocket = async () => {
    const socket = await admin.bareSocket()
    const problem = await socket.find((event) => event.type === 'problem', 'a reason', 10_000 + SLACK_MS)
    assert(problem.data.code)
    assert.equal((await socket.closed).code, 4408)
  }
  const halfMessage = async () => {
    const socket = await admin.socket({ subscribe: [{ space }] })
    socket.send('{"subscribe":[', { fin: false })
    const { code } = await within(socket.closed, 'the end of half a message', 10_000 + SLACK_MS)
    assert([4400, 4408].includes(code), `half a message: closed with ${code}`)
  }
  const hugeFrame = async () => {
    const socket = await admin.bareSocket()
    socket.send('x', { length: 2 ** 52 })
    const { code } = await within(socket.closed, 'the end of a frame of 2^52 bytes', 10_000 + SLACK_MS)
    assert([1009, 4400, 4408].includes(code), `a huge frame: closed with ${code}`)
  }
  const idlers = async () => {
    const n = affordable()
    const sockets = []
    let open = 0
    t.after(() => sockets.forEach((raw) => raw.socket.destroy()))
    await each(n, 200, async () => {
      const raw = new RawSocket(node)
      sockets.push(raw)
      open++
      raw.closed.then(() => open--)
      await Promise.race([raw.opened.catch(() => {}), raw.closed])
    })
    assert(sockets.length === n)
    await until(() => open === 0, 'the silent are let go', 10_000 + SLACK_MS)
  }
  const served = async () => {
    let slowest = 0
    let n = 0
    while (!over) {
      const begun = Date.now()
      await admin.ok('sendMessage', { path, body: { text: `meanwhile ${n}` } })
      await node.client().ok('getStatus')
      slowest = Math.max(slowest, Date.now() - begun)
      n++
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    t.diagnostic(`${n} rounds were served meanwhile, the slowest in ${slowest} ms`)
    assert(n > 10 && slowest < (sanitized ? 30_000 : 5000), `slowest: ${slowest} ms`)
  }

  const waiting = [slowHeader, slowBody, slowChunks, silentSocket, halfMessage, hugeFrame, idlers].map(
    (run) => run()
  )
  const good = served()
  await Promise.all(waiting).finally(() => (over = true))
  await good
  await well()
}

async function room(t) {
  const { node, space, head, well } = await startVictim(t)
  const stream = `GET /v1/events?space=${space} HTTP/1.1\r\n${head}\r\n`
  for (const kind of ['socket', 'stream']) {
    const open = []
    const answers = []
    await each(320, 32, async () => {
      const raw = new RawSocket(node)
      open.push(raw)
      await raw.opened
      await raw.write(kind === 'socket' ? handshake({ port: node.port }).text : stream)
      await until(() => Buffer.concat(raw.pieces).includes('\r\n\r\n'), 'a first word')
      const status = Number(Buffer.concat(raw.pieces).toString('latin1', 9, 12))
      answers.push(status)
      // Whoever shows no token would make room.
      if (status === 101) {
        await raw.write(frame(JSON.stringify({ token: node.token, subscribe: [{ space }] })))
        const heard = () => Buffer.concat(raw.pieces).toString('latin1')
        await until(() => /"ready"|"problem"/.test(heard()), 'the first event')
        // Let in while others were still opening: one too many is told on the socket.
        if (heard().includes('"problem"')) {
          assert(heard().includes('"rate-limited"'), heard())
          answers.splice(answers.indexOf(101), 1, 429)
        }
      }
      if (status >= 400) await until(() => raw.answers.length && raw.answers[0].body, 'the refusal')
      if (status >= 400) checkRefusal(raw.answers[0], kind)
    })
    const taken = answers.filter((status) => status < 400).length
    assert(taken >= 200 && taken <= 256, `${taken} of each kind have room`)
    assert.deepEqual([...new Set(answers.filter((status) => status >= 400))], [429], kind)
    for (const raw of open) raw.socket.destroy()
    const client = node.client()
    await until(async () => {
      const link =
        kind === 'socket'
          ? await client.socket({ subscribe: [{ space }] }).catch(() => null)
          : await client.events({ query: { space } })
      const first = link && !(link.answer?.status >= 400) && (await link.next())
      link?.destroy()
      return first?.type === 'ready'
    }, `room for another ${kind}`)
  }
  await well()
}

async function revoked(t) {
  const { node, admin, space } = await startTeam(t)
  const { token, token_id } = await admin.ok('createToken', { body: { name: 'bot', scope: 'read' } })
  const client = node.client({ token })
  const socket = await client.socket({ subscribe: [{ space }] })
  const stream = await client.events({ query: { space, types: 'message' } })
  const local = await node.local().events({ query: { space, types: 'message' } })
  for (const link of [socket, stream, local]) assert.equal((await link.next()).type, 'ready')
  await admin.ok('revokeToken', { path: { token_id } })
  const problem = await socket.find((event) => event.type === 'problem', 'a reason')
  assert.equal(problem.data.code, 'unauthenticated')
  assert.equal((await within(socket.closed, 'its socket ends')).code, 4401)
  assert.equal(await stream.next(), undefined, 'its stream ends')
  assert(!local.queue.ended, 'others go on')
}

together('deadlines: all that the server waits for has an end', {
  'the slow and the silent are let go, while others are served': slow,
  'there is room for so many sockets and streams, and again when some have gone': room,
  'a revoked token ends what it opened': revoked
})
