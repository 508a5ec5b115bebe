// bad_input.test.mjs - what no client should send: each gets an answer of its own where HTTP has room for
// one, in bounded memory and time, and the node goes on.
import assert from 'node:assert/strict'
import { prng, seed } from './lib/prng.mjs'
import { exchangeRaw, RawSocket } from './lib/raw.mjs'
import { scaled } from './lib/scale.mjs'
import { test } from './lib/test.mjs'
import { checkRefusal, startVictim } from './lib/victim.mjs'
import { each, until, within } from './lib/wait.mjs'
import { frame, handshake, OPCODE } from './lib/websocket.mjs'

const MIB = 1024 * 1024

function checkRefusedSomehow(answer) {
  assert(
    answer.status >= 400 && (answer.status < 500 || [503, 505].includes(answer.status)),
    `${answer.status}`
  )
}

test('bad input: a body that is no good JSON text is refused for what it is', async (t) => {
  const victim = await startVictim(t)
  const nested = (n, open, close) => open.repeat(n) + close.repeat(n)
  const bodies = [
    ['', 400, 'invalid-argument'],
    [' ', 400, 'malformed'],
    ['{"text":"a"', 400, 'malformed'],
    ['{"text":"a"}}', 400, 'malformed'],
    ['{"text":"a"} // no', 400, 'malformed'],
    ['{text:"a"}', 400, 'malformed'],
    ['{"text":"a\nb"}', 400, 'malformed'],
    ['{"text":"\\x41"}', 400, 'malformed'],
    ['{"text":"\\ud800"}', 400, 'malformed'],
    ['{"text":"\\u0000"}', 400, 'malformed'],
    ['{"text":"a\u0000b"}', 400, 'malformed'],
    ['{"text":"a","text":"b"}', 400, 'malformed'],
    ['{"text":"a","\\u0074ext":"b"}', 400, 'malformed'],
    ['{"text":"a","n":01}', 400, 'malformed'],
    ['{"text":"a","n":1e999}', 413, 'limit-exceeded'],
    ['{"text":"a","n":NaN}', 400, 'malformed'],
    [`{"text":"a","n":${'9'.repeat(400)}}`, 413, 'limit-exceeded'],
    [`{"text":"a","n":${nested(17, '[', ']')}}`, 413, 'limit-exceeded'],
    [nested(100_000, '[', ']'), 413, 'limit-exceeded'],
    ['{"a":'.repeat(20_000), 413, 'limit-exceeded'],
    [`{${Array.from({ length: 65 }, (_, i) => `"m${i}":0`).join()},"text":"a"}`, 413, 'limit-exceeded'],
    [Buffer.from([...Buffer.from('{"text":"'), 0xff, 0xfe, ...Buffer.from('"}')]), 400, 'malformed'],
    [Buffer.from([...Buffer.from('{"text":"'), 0xc0, 0x80, ...Buffer.from('"}')]), 400, 'malformed'],
    [Buffer.from([...Buffer.from('{"text":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]), 400, 'malformed'],
    [
      Buffer.from([...Buffer.from('{"text":"'), 0xf4, 0x90, 0x80, 0x80, ...Buffer.from('"}')]),
      400,
      'malformed'
    ],
    [Buffer.from('{"text":"a"}', 'utf16le'), 400, 'malformed'],
    [`{"text":"${'x'.repeat(32769)}"}`, 413, 'limit-exceeded'],
    [`{"text":"a","pad":"${'x'.repeat(256 * 1024)}"}`, 413, 'limit-exceeded']
  ]
  for (const [data, status, code] of bodies)
    await victim.admin.refused('sendMessage', status, code, { path: victim.path, data })
  assert.equal(
    (await victim.admin.ok('listMessages', { path: victim.path, query: { limit: 200 } })).items.length,
    50
  )
  await victim.well()
})

test('bad input: numbers that are none of ours are refused', async (t) => {
  const { admin, space, well } = await startVictim(t)
  for (const value of [
    '-1',
    '1.5',
    '1e30',
    '1e-2',
    '18446744073709551616',
    '9223372036854775808',
    'true',
    '[]',
    '{}',
    '"x"',
    '""'
  ])
    await admin.refused('createInvite', 400, 'invalid-argument', {
      path: { space },
      data: `{"expires_in_s":${value}}`
    })
  await well()
})

test('bad input: a target that is none is refused', async (t) => {
  const { node, head, space, well } = await startVictim(t)
  const targets = [
    '/v1/spaces/%',
    '/v1/spaces/%zz',
    '/v1/spaces/%00',
    `/v1/spaces/${space}/channels%2f..`,
    '/v1/../v1/nothing'
  ]
  targets.push(
    '//v1/nothing',
    '/v1/nothing/',
    '/v1/spaces/\u00e4',
    '/%2e%2e/etc/passwd',
    '/v1/logs?limit=%',
    '/v1/logs?limit=%00'
  )
  targets.push(
    `/v1/logs?limit=${'1'.repeat(8000)}`,
    `/${'a'.repeat(12_000)}`,
    `/${'a/'.repeat(4000)}`,
    '*',
    'v1/nothing'
  )
  targets.push(`/v1/spaces/${'A'.repeat(8000)}`, `/v1/events?space=${space}&types=${'message,'.repeat(200)}`)
  for (const target of targets) {
    const [answer] = await exchangeRaw(node, `GET ${target} HTTP/1.1\r\n${head}\r\n`)
    checkRefusal(answer, target.slice(0, 60))
  }
  await well()
})

test('bad input: a header that is not well formed is refused', async (t) => {
  const { node, head, well } = await startVictim(t)
  const line = 'GET /v1/status HTTP/1.1\r\n'
  const requests = {
    'no version': `GET /v1/status\r\n${head}\r\n`,
    'another version': `GET /v1/status HTTP/2.0\r\n${head}\r\n`,
    'no method': ` /v1/status HTTP/1.1\r\n${head}\r\n`,
    'an unknown method': `BREW /v1/status HTTP/1.1\r\n${head}\r\n`,
    'a method in small letters': `get /v1/status HTTP/1.1\r\n${head}\r\n`,
    'white space before a colon': `${line}${head}X-A : 1\r\n\r\n`,
    'a folded line': `${line}${head}X-A: 1\r\n 2\r\n\r\n`,
    'a line without a colon': `${line}${head}nonsense\r\n\r\n`,
    'bare line ends': `${line}${head}X-A: 1\n\r\n\r\n`,
    'a NUL': `${line}${head}X-A: \u0000\r\n\r\n`,
    'an empty name': `${line}${head}: 1\r\n\r\n`,
    'a long value': `${line}${head}X-A: ${'a'.repeat(17_000)}\r\n\r\n`,
    'a long name': `${line}${head}${'a'.repeat(17_000)}: 1\r\n\r\n`,
    'many headers': `${line}${head}${'X-A: 1\r\n'.repeat(101)}\r\n`,
    'a long target': `GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${head}\r\n`,
    'an endless first line': 'A'.repeat(100_000),
    'two lengths': `POST /v1/codes HTTP/1.1\r\n${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'a length and chunks': `POST /v1/codes HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    'a negative length': `POST /v1/codes HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`,
    'a length that is none': `POST /v1/codes HTTP/1.1\r\n${head}Content-Length: 0x10\r\n\r\n`,
    'a length past all bounds': `POST /v1/codes HTTP/1.1\r\n${head}Content-Length: 99999999999999999999\r\n\r\n`,
    'another transfer coding': `POST /v1/codes HTTP/1.1\r\n${head}Transfer-Encoding: gzip\r\n\r\n`,
    'another protocol': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  }
  for (const [what, text] of Object.entries(requests)) {
    const [answer] = await exchangeRaw(node, Buffer.from(text, 'latin1'))
    checkRefusal(answer, what)
    if (/^(a long|many|an endless)/.test(what)) assert.equal(answer.status, 431, what)
  }
  await well()
})

test('bad input: a body that is too long, or never ends, is cut off with an answer', async (t) => {
  const { node, head, path, well } = await startVictim(t)
  const line = `POST /v1/spaces/${path.space}/channels/${path.channel}/messages HTTP/1.1\r\n${head}Content-Type: application/json\r\n`
  const [announced] = await exchangeRaw(node, `${line}Content-Length: 300000\r\n\r\n`)
  checkRefusal(announced, 'announced')
  assert.equal(announced.status, 413)
  const [waiting] = await exchangeRaw(node, `${line}Expect: 100-continue\r\nContent-Length: 300000\r\n\r\n`)
  assert.equal(waiting.status, 413, 'whoever waits for leave gets none')

  const endless = new RawSocket(node)
  await endless.opened
  await endless.write(`${line}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  let sent = 0
  while (sent < 64 * MIB && (await endless.write(chunk))) sent += chunk.length
  await within(endless.closed, 'the end of an endless body')
  assert(sent < 64 * MIB, 'it is not read for ever')
  for (const answer of endless.answers) checkRefusal(answer, 'endless')

  for (const size of ['zz', '-1', 'fffffffffffffffff', '']) {
    const raw = new RawSocket(node)
    await raw.opened
    await raw.write(`${line}Transfer-Encoding: chunked\r\n\r\n${size}\r\nabc\r\n0\r\n\r\n`)
    await within(raw.closed, `the end after a chunk of size ${size}`)
    // Inside of a body libmicrohttpd refuses what it cannot parse, in its own words.
    for (const answer of raw.answers) checkRefusedSomehow(answer)
  }
  await well()
})

test('bad input: requests in one go are answered in turn, and garbage behind them is refused', async (t) => {
  const { node, head, well } = await startVictim(t)
  const good = `GET /v1/status HTTP/1.1\r\n${head}\r\n`
  const many = await exchangeRaw(node, good.repeat(50), { count: 50 })
  assert.deepEqual(
    many.map((answer) => answer.status),
    Array(50).fill(200)
  )
  assert.equal(new Set(many.map((answer) => answer.headers['x-request-id'])).size, 50)
  for (const garbage of [
    '\r\n\r\n\r\nnonsense\r\n\r\n',
    '\u0000'.repeat(100),
    'GET / HTTP/9\r\n\r\n',
    'x'.repeat(40_000)
  ]) {
    const raw = new RawSocket(node)
    await raw.opened
    await raw.write(good + garbage)
    await until(() => raw.answers.length >= 1, 'the first answer')
    raw.socket.end()
    await within(raw.closed, 'the end after garbage')
    assert.equal(raw.answers[0].status, 200)
    // So it does behind a good request.
    for (const answer of raw.answers.slice(1)) checkRefusedSomehow(answer)
  }
  await well()
})

// Each is a socket that says the wrong thing after a good handshake; the code it is closed with. 1006 is the
// end of a connection whose farewell was not read any more, or that was not worth one.
const wrongs = {
  'no JSON': [(s) => s.send('nonsense'), [4400]],
  'no object': [(s) => s.send('[]'), [4400]],
  'a token that is none': [(s) => s.send('{"token":7}'), [4400]],
  'a wrong token': [(s) => s.send('{"token":"topo_no"}'), [4401]],
  'no token': [(s) => s.send('{"subscribe":[]}'), [4401]],
  'too long a message': [
    (s, token) => s.send(JSON.stringify({ token, pad: 'x'.repeat(20_000) })),
    [4400, 1009]
  ],
  'a message without end': [
    (s) => {
      for (let i = 0; i < 200; i++) s.send('{', { fin: false, opcode: i ? OPCODE.more : OPCODE.text })
    },
    [4400, 1006, 1009]
  ],
  'a binary message': [
    (s, token) => s.send(JSON.stringify({ token }), { opcode: OPCODE.binary }),
    [4400, 1003]
  ],
  'invalid UTF-8': [(s) => s.send(Buffer.from([0xff, 0xff])), [1007, 4400]],
  'reserved bits': [(s, token) => s.send(JSON.stringify({ token }), { rsv: 7 }), [1002, 1006]],
  'an unknown opcode': [(s) => s.send('x', { opcode: 5 }), [1002, 1006]],
  'a continuation of nothing': [(s) => s.send('x', { opcode: OPCODE.more }), [1002, 1006, 4400]],
  'a cut control frame': [(s) => s.send('x', { opcode: OPCODE.ping, fin: false }), [1002, 1006]],
  'a long control frame': [(s) => s.send('x'.repeat(200), { opcode: OPCODE.ping }), [1002, 1006]]
}

test('bad input: a WebSocket that breaks the rules is closed for it', async (t) => {
  const { node, space, well } = await startVictim(t)
  const client = node.client()
  for (const [what, [act, codes]] of Object.entries(wrongs)) {
    const socket = await client.bareSocket()
    act(socket, node.token)
    const { code } = await within(socket.closed, `the end of a socket with ${what}`)
    assert(codes.includes(code), `${what}: closed with ${code}`)
  }
  const hellos = [
    { subscribe: [{}] },
    { subscribe: [{ space: 'x' }] },
    { subscribe: {} },
    { unsubscribe: [1] }
  ]
  hellos.push(
    { subscribe: [{ space, types: [] }] },
    { subscribe: [{ space, types: ['nonsense'] }] },
    { subscribe: [{ space, since: 5 }] }
  )
  hellos.push({ subscribe: [{ space, since: 'nonsense' }] }, { subscribe: [{ space, channel: 'x' }] })
  hellos.push({ subscribe: Array(65).fill({ space }) })
  for (const hello of hellos) {
    const socket = await client.bareSocket()
    socket.send(JSON.stringify({ token: node.token, ...hello }))
    const problem = await socket.find((event) => event.type === 'problem', JSON.stringify(hello))
    assert(problem.data.status < 500)
    assert.equal((await socket.closed).code, 4400, JSON.stringify(hello))
  }
  await well()
})

test('bad input: a WebSocket that never stops talking is closed', async (t) => {
  const { node, space, well } = await startVictim(t)
  const client = node.client()
  const chatty = await client.socket({ subscribe: [{ space }] })
  for (let i = 0; i < 25; i++) chatty.send('{}')
  assert.equal((await chatty.find((event) => event.type === 'problem', 'a reason')).data.code, 'rate-limited')
  assert.equal((await within(chatty.closed, 'the end of one who talks too much')).code, 4429)
  const flooding = await client.socket({ subscribe: [{ space }] })
  for (let i = 0; i < 100_000 && flooding.socket.writable; i++) flooding.send('{}')
  const { code } = await within(flooding.closed, 'the end of a flood')
  assert([4429, 1006].includes(code), `${code}: the word may be lost when the flood goes on`)
  const pinging = await client.socket({ subscribe: [{ space }] })
  for (let i = 0; i < 20_000; i++) pinging.send('are you there', { opcode: OPCODE.ping })
  await until(() => pinging.pongs.length > 0 || pinging.socket.destroyed, 'a pong, or the end')
  pinging.destroy()
  await well()
})

test('bad input: a handshake that is none is refused', async (t) => {
  const { node, admin, well } = await startVictim(t)
  const refuse = async (headers, codes) => {
    const [answer] = await exchangeRaw(node, handshake(admin.where, { headers }).text)
    checkRefusal(answer, JSON.stringify(headers))
    assert(codes.includes(answer.status), `${JSON.stringify(headers)}: ${answer.status}`)
  }
  await refuse({ 'Sec-WebSocket-Key': null }, [400, 426])
  await refuse({ 'Sec-WebSocket-Version': '8' }, [400, 426])
  await refuse({ 'Sec-WebSocket-Version': null }, [400, 426])
  await refuse({ Upgrade: null }, [400, 426])
  await refuse({ Upgrade: 'h2c' }, [400, 426])
  await refuse({ Connection: null }, [400, 426])
  await admin.refused('openEventSocket', 426, 'upgrade-required')
  await well()
})

test('bad input: a client that vanishes in the middle of anything is not missed', async (t) => {
  const { node, admin, space, head, path, well } = await startVictim(t)
  const from = seed()
  const random = prng(from)
  t.diagnostic(`TOPO_SEED=${from}`)
  const body = JSON.stringify({ text: 'y'.repeat(30_000) })
  const post = `POST /v1/spaces/${space}/channels/${path.channel}/messages HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const page = `GET /v1/spaces/${space}/channels/${path.channel}/messages?limit=200 HTTP/1.1\r\n${head}\r\n`
  const stream = `GET /v1/events?space=${space} HTTP/1.1\r\n${head}\r\n`
  const upgrade = handshake(admin.where).text
  const hello = frame(JSON.stringify({ token: node.token, subscribe: [{ space }] })).toString('latin1')
  const scripts = [post, page, page.repeat(5), stream, upgrade, upgrade + hello, upgrade + hello + hello]
  await each(scaled(600), 24, async () => {
    const script = random.pick(scripts)
    const bytes = Buffer.from(
      random.below(3) ? script : script.slice(0, random.below(script.length)),
      'latin1'
    )
    const raw = new RawSocket(node)
    await within(raw.opened, 'a connection')
    const at = random.below(bytes.length + 1)
    await raw.write(bytes.subarray(0, at))
    await raw.write(bytes.subarray(at))
    if (random.below(2))
      await Promise.race([
        raw.closed,
        new Promise((resolve) => raw.socket.once('data', resolve)),
        new Promise(setImmediate)
      ])
    if (random.below(2)) raw.socket.resetAndDestroy()
    else raw.socket.destroy()
  })
  await well()
})
