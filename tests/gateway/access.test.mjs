// access.test.mjs - who may call, from where, and what a token is good for.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { checkAlways, checkProblem, document, operations } from './lib/contract.mjs'
import { found, startNode, startTeam } from './lib/node.mjs'
import { exchangeRaw } from './lib/raw.mjs'
import { test } from './lib/test.mjs'
import { makeThings, requestOf } from './lib/things.mjs'
import { until, within } from './lib/wait.mjs'
import { handshake } from './lib/websocket.mjs'

const ranks = ['open', 'read', 'write', 'admin']

async function startPlace(t) {
  const { node, admin, space } = await startTeam(t)
  return { node, admin, ...(await makeThings(admin, { space })) }
}

async function holder(place, body) {
  const made = await place.admin.ok('createToken', { body })
  return { ...made, client: place.node.client({ token: made.token }) }
}

test('access: without a good token every operation that wants one is refused', async (t) => {
  const place = await startPlace(t)
  const tokens = [
    null,
    'topo_wrong',
    `${place.node.token}x`,
    place.node.token.slice(0, -1),
    ' ',
    'x'.repeat(500)
  ]
  let turn = 0
  for (const op of operations.values()) {
    if (op.node['x-topo-scope'] === 'open' || op.id === 'openEventSocket') continue
    const client = place.node.client({ token: tokens[turn++ % tokens.length] })
    const given = { ...requestOf(op, place), query: op.id === 'streamEvents' ? { space: place.space } : {} }
    // Wrong guesses are limited in number for each second.
    const answer = await until(async () => {
      const last = await client.call(op.id, given)
      return last.status === 429 ? undefined : last
    }, 'a judgement')
    assert.equal(`${answer.status} ${answer.body?.code}`, '401 unauthenticated', op.id)
    assert.match(answer.headers['www-authenticate'], /^Bearer/)
  }
})

test('access: a token in the query, or by another scheme, is no token', async (t) => {
  const { node, admin } = await startPlace(t)
  const ask = (path, headers) => admin.exchange('GET', path, { headers })
  for (const [path, headers] of [
    [`/v1/status?token=${node.token}`, {}],
    [`/v1/status?access_token=${node.token}`, {}],
    ['/v1/status', { Authorization: `Basic ${Buffer.from(`topo:${node.token}`).toString('base64')}` }],
    ['/v1/status', { Authorization: node.token }],
    ['/v1/status', { Cookie: `token=${node.token}` }]
  ]) {
    const answer = await ask(path, headers)
    assert.equal(answer.status, 401, path)
    checkProblem(answer, path)
  }
})

test('access: a scope is good for what it says and for nothing above', async (t) => {
  const place = await startPlace(t)
  for (const scope of ['read', 'write']) {
    const { client } = await holder(place, { name: scope, scope })
    for (const op of operations.values()) {
      if (op.node['x-topo-where'] === 'gateway' || op.node['x-topo-scope'] === 'open') continue
      const given = requestOf(op, place)
      if (ranks.indexOf(op.node['x-topo-scope']) > ranks.indexOf(scope))
        await client.refused(op.id, 403, 'denied', given)
      else await client.ok(op.id, given)
    }
    const stream = await client.events({ query: { space: place.space } })
    assert.equal((await stream.next()).type, 'ready')
    const socket = await client.socket({ subscribe: [{ space: place.space }] })
    assert.equal((await socket.next()).type, 'ready')
  }
  assert.equal((await place.admin.ok('listSpaces')).items.length, 1)
})

test('access: a token is shown once, listed without its secret, and gone when revoked', async (t) => {
  const place = await startPlace(t)
  const { client, token, ...made } = await holder(place, { name: 'bot 🤖', scope: 'write' })
  assert.equal(made.space, null)
  assert.equal(made.expires_at_ms, null)
  const { items } = await place.admin.ok('listTokens')
  assert.deepEqual(items.at(-1), made)
  assert.doesNotMatch(JSON.stringify(items), new RegExp(token.slice(5)))
  await client.ok('getStatus')
  await place.admin.ok('revokeToken', { path: { token_id: made.token_id } })
  await client.refused('getStatus', 401, 'unauthenticated')
  await place.admin.refused('revokeToken', 404, 'not-found', { path: { token_id: made.token_id } })
  assert(!(await place.admin.ok('listTokens')).items.some((item) => item.token_id === made.token_id))
})

test('access: a token wants a name, a scope and a space that there is', async (t) => {
  const { admin, space } = await startPlace(t)
  const good = { name: 'bot', scope: 'write' }
  const refuse = (body, status = 400, code = 'invalid-argument', bad = true) =>
    admin.refused('createToken', status, code, { body, bad })
  await refuse({ scope: 'read' })
  await refuse({ name: 'bot' })
  await refuse({ ...good, scope: 'open' })
  await refuse({ ...good, scope: 'root' })
  await refuse({ ...good, scope: 7 })
  await refuse({ ...good, name: '' })
  await refuse({ ...good, name: 'x'.repeat(65) }, 413, 'limit-exceeded')
  await refuse({ ...good, space: 'short' })
  await refuse({ ...good, expires_in_s: 0 })
  await refuse({ ...good, expires_in_s: 31536001 })
  await refuse({ ...good, expires_in_s: 'soon' })
  await refuse({ ...good, space: 'A'.repeat(43) }, 404, 'not-found', false)
  await refuse({ ...good, scope: 'admin', space }, 400, 'invalid-argument', false)
  assert.deepEqual(
    (await admin.ok('listTokens')).items.filter((item) => item.name === 'bot'),
    []
  )
})

test('access: a token that expires ends, and so does what it opened', async (t) => {
  const place = await startPlace(t)
  const { client, expires_at_ms } = await holder(place, { name: 'brief', scope: 'read', expires_in_s: 1 })
  assert(expires_at_ms > Date.now() - 1000 && expires_at_ms < Date.now() + 2000)
  const socket = await client.socket({ subscribe: [{ space: place.space }] })
  const stream = await client.events({ query: { space: place.space } })
  await until(async () => (await client.call('getStatus')).status === 401, 'the token is no longer good')
  assert(Date.now() >= expires_at_ms, 'not before its time')
  assert.equal((await within(socket.closed, 'its socket ends')).code, 4401)
  while ((await stream.next()) !== undefined);
  assert(!(await place.admin.ok('listTokens')).items.some((item) => item.name === 'brief'))
})

test('access: for a token of one space the others are not there', async (t) => {
  const place = await startPlace(t)
  const other = await found(place.admin, 'Elsewhere')
  const { client } = await holder(place, { name: 'guest', scope: 'write', space: place.space })
  const there = await makeThings(place.admin, { space: other.space })
  const nowhere = { ...there, space: 'A'.repeat(43) }
  const counted = async (who) => (await who.ok('getStatus')).spaces
  assert.deepEqual([await counted(client), await counted(place.admin)], [1, 2], 'nor are they counted')
  const bare = (answer) => ({ ...answer.body, request_id: '' })
  for (const op of operations.values()) {
    if (!op.path.includes('{space}')) continue
    const hidden = await client.refused(op.id, 404, 'not-found', requestOf(op, there))
    const missing = await client.refused(op.id, 404, 'not-found', requestOf(op, nowhere))
    assert.deepEqual(bare(hidden), bare(missing), `${op.id}: a hidden space looks like none`)
    if (op.node['x-topo-scope'] !== 'admin') await client.ok(op.id, requestOf(op, place))
  }
  const listed = await client.call('listSpaces')
  if (listed.status === 200)
    assert.deepEqual(
      listed.body.items.map((item) => item.space),
      [place.space]
    )
  else assert.equal(listed.body.code, 'denied')

  const stream = await client.events({ query: { space: other.space } })
  assert.equal(`${stream.answer.status} ${stream.answer.body.code}`, '404 not-found')
  const socket = await client.socket({ subscribe: [{ space: place.space, types: ['message'] }] })
  assert.equal((await socket.next()).type, 'ready')
  await place.admin.ok('sendMessage', {
    path: { space: other.space, channel: other.channel },
    body: { text: 'also' }
  })
  await place.admin.ok('sendMessage', {
    path: { space: place.space, channel: place.channel },
    body: { text: 'seen' }
  })
  assert.equal((await socket.next()).data.text, 'seen')
  socket.say({ subscribe: [{ space: other.space }] })
  const problem = await socket.find((event) => event.type === 'problem', 'a refusal')
  assert.equal(problem.data.code, 'not-found')
  assert.equal((await socket.closed).code, 4404)
})

test('access: a code opens once', async (t) => {
  const { node, admin, space } = await startPlace(t)
  const { code, url, expires_at_ms } = await admin.ok('createCode')
  assert.equal(url, `http://127.0.0.1:${node.port}/#c=${code}`)
  assert(Math.abs(expires_at_ms - Date.now() - 600_000) < 60_000)
  const nameless = node.client({ token: null })
  const session = await nameless.ok('createSession', { body: { code } })
  assert.equal(session.scope, 'admin')
  assert(Math.abs(session.expires_at_ms - Date.now() - 30 * 86400_000) < 60_000)
  await node.client({ token: session.token }).ok('getSpace', { path: { space } })
  for (const used of [code, 'nonsense', code.toLowerCase(), 'x'.repeat(64)])
    await nameless.refused('createSession', 401, 'unauthenticated', { body: { code: used } })
  await nameless.refused('createSession', 413, 'limit-exceeded', {
    body: { code: 'x'.repeat(65) },
    bad: true
  })
  await nameless.refused('createSession', 400, 'invalid-argument', { body: {}, bad: true })
})

test('access: a code that two use at once opens for one', async (t) => {
  const { node, admin } = await startPlace(t)
  const { code } = await admin.ok('createCode')
  const clients = Array.from({ length: 8 }, () => node.client({ token: null }))
  const answers = await Promise.all(clients.map((client) => client.call('createSession', { body: { code } })))
  assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
})

test('access: of many codes the latest are good', async (t) => {
  const { node, admin } = await startPlace(t)
  const codes = []
  for (let i = 0; i < 40; i++) codes.push((await admin.ok('createCode')).code)
  const nameless = node.client({ token: null })
  await nameless.refused('createSession', 401, 'unauthenticated', { body: { code: codes[0] } })
  await nameless.ok('createSession', { body: { code: codes.at(-1) } })
})

test('access: there is room for so many tokens, and sessions make room for each other', async (t) => {
  const { node, admin } = await startPlace(t)
  let answer
  let n = 0
  for (; n < 1000; n++) {
    answer = await admin.call('createToken', { body: { name: `bot ${n}`, scope: 'read' } })
    if (answer.status !== 201) break
  }
  assert.equal(`${answer.status} ${answer.body.code}`, '413 limit-exceeded')
  assert(n >= 100 && n < 1000, `${n} tokens`)
  const { items } = await admin.ok('listTokens')
  await admin.ok('revokeToken', { path: { token_id: items.find((item) => item.name === 'bot 0').token_id } })
  await admin.ok('createToken', { body: { name: 'one more', scope: 'read' } })
  assert.equal((await node.client().call('getStatus')).status, 200, 'the administrator is not crowded out')
})

test('access: who guesses is slowed down, and nobody else', async (t) => {
  const { node, admin } = await startPlace(t)
  const guess = (i) => {
    const client = node.client({ token: `topo_guess${i}` })
    return client.call('getStatus').finally(() => client.close())
  }
  const statuses = new Set()
  // A busy machine may need a while to ask often enough for it.
  for (let round = 0; round < 20 && !statuses.has(429); round++) {
    const guesses = Array.from({ length: 100 }, (_, i) => guess(i))
    await Promise.all(Array.from({ length: 20 }, () => admin.ok('getStatus')))
    for (const { status, headers } of await Promise.all(guesses)) {
      statuses.add(status)
      if (status === 429) assert(Number(headers['retry-after']) >= 1)
    }
  }
  assert.deepEqual([...statuses].sort(), [401, 429])
})

test('access: tokens outlive the node, codes do not', async (t) => {
  const place = await startPlace(t)
  const { token, token_id } = await holder(place, { name: 'lasting', scope: 'write' })
  const gone = await holder(place, { name: 'gone', scope: 'write' })
  await place.admin.ok('revokeToken', { path: { token_id: gone.token_id } })
  const { code } = await place.admin.ok('createCode')
  const admin = place.node.token
  await place.node.crash()
  await place.node.start()
  assert.equal(place.node.token, admin, 'the admin token is as it was')
  const { items } = await place.node.client().ok('listTokens')
  assert(items.some((item) => item.token_id === token_id))
  await place.node.client({ token }).ok('getSpace', { path: { space: place.space } })
  await place.node.client({ token: gone.token }).refused('getStatus', 401, 'unauthenticated')
  await place.node
    .client({ token: null })
    .refused('createSession', 401, 'unauthenticated', { body: { code } })
})

test('access: the code of the start line opens the page', async (t) => {
  const node = await startNode(t)
  assert.equal(node.line.pid, node.child.pid)
  assert.equal(typeof node.line.v, 'number')
  assert.equal(typeof node.line.build, 'string')
  const session = await node.client({ token: null }).ok('createSession', { body: { code: node.line.code } })
  assert.equal(session.scope, 'admin')
})

test('access: no secret shows in the log, the arguments, the environment or the files', async (t) => {
  const place = await startPlace(t)
  const { token } = await holder(place, { name: 'quiet', scope: 'read' })
  const { code } = await place.admin.ok('createCode')
  const session = await place.node.client({ token: null }).ok('createSession', { body: { code } })
  await place.node.client({ token: 'topo_guess' }).refused('getStatus', 401, 'unauthenticated')
  const { link } = await place.admin.ok('createInvite', { path: { space: place.space } })
  const places = {
    log: JSON.stringify(await place.admin.ok('listLogs', { query: { limit: 1000 } })),
    stderr: place.node.log,
    cmdline: readFileSync(`/proc/${place.node.pid}/cmdline`, 'latin1'),
    environ: readFileSync(`/proc/${place.node.pid}/environ`, 'latin1'),
    registry: readFileSync(`${place.node.data}/node.db`, 'latin1')
  }
  for (const [where, text] of Object.entries(places))
    for (const secret of [place.node.token, token, session.token, code, link, 'topo_guess'])
      assert(!text.includes(secret), `a secret stands in the ${where}`)
})

test('access: what is written down of tokens is for the owner only', async (t) => {
  const { node } = await startPlace(t)
  assert.equal(statSync(node.tokenPath).mode & 0o777, 0o600)
  assert.equal(statSync(node.data).mode & 0o077, 0)
  assert.match(readFileSync(node.tokenPath, 'utf8'), /^topo_[A-Za-z0-9_-]{43}\n?$/)
})

test("access: a name that is not the node's is refused on every route", async (t) => {
  const place = await startPlace(t)
  const { node, admin } = place
  const hosts = [
    'evil.example',
    `evil.example:${node.port}`,
    `127.0.0.1.nip.io:${node.port}`,
    '127.0.0.1',
    'localhost'
  ]
  hosts.push(
    `127.0.0.1:${node.port + 1}`,
    `localhost.:${node.port}`,
    `0.0.0.0:${node.port}`,
    `[::]:${node.port}`
  )
  hosts.push(`x@127.0.0.1:${node.port}`, `127.0.0.1:${node.port}.evil.example`, `127.1:${node.port}`)
  for (const Host of hosts) await admin.refused('getStatus', 421, 'wrong-host', { headers: { Host } })
  for (const op of operations.values()) {
    if (op.id === 'openEventSocket') continue
    const query = op.id === 'streamEvents' ? { space: place.space } : {}
    await admin.refused(op.id, 421, 'wrong-host', {
      ...requestOf(op, place),
      query,
      headers: { Host: 'evil.example' }
    })
  }
  for (const path of ['/', '/index.html', '/v1/nothing'])
    assert.equal((await admin.exchange('GET', path, { headers: { Host: 'evil.example' } })).status, 421, path)
  for (const Host of [
    `127.0.0.1:${node.port}`,
    `localhost:${node.port}`,
    `LOCALHOST:${node.port}`,
    `[::1]:${node.port}`
  ])
    await admin.ok('getStatus', { headers: { Host } })
})

test('access: a request without a name, or with two, is refused', async (t) => {
  const { node } = await startPlace(t)
  const good = `Host: 127.0.0.1:${node.port}\r\n`
  for (const head of ['', 'Host:\r\n', 'Host: \r\n', good + good, `${good}Host: evil.example\r\n`]) {
    const [answer] = await exchangeRaw(node, `GET /healthz HTTP/1.1\r\n${head}\r\n`)
    assert([400, 421].includes(answer.status), `${JSON.stringify(head)}: ${answer.status}`)
    checkProblem(answer, head)
    checkAlways(answer, head)
  }
  const [absolute] = await exchangeRaw(node, `GET http://evil.example/healthz HTTP/1.1\r\n${good}\r\n`)
  assert(absolute.status >= 400, 'a target that names another host is not for us')
})

test('access: on the Unix socket no name is asked for', async (t) => {
  const { node } = await startPlace(t)
  await node.local().ok('getStatus', { headers: { Host: 'whatever.example' } })
})

test('access: a page of another origin writes nothing and opens no socket', async (t) => {
  const place = await startPlace(t)
  const { node, admin } = place
  const origins = [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${node.port}`,
    `http://127.0.0.1:${node.port + 1}`
  ]
  origins.push(
    `http://127.0.0.1`,
    `http://localhost:${node.port}`,
    `http://127.0.0.1:${node.port}.evil.example`,
    '*',
    ''
  )
  for (const Origin of origins) {
    for (const op of operations.values()) {
      if (op.method === 'GET') continue
      await admin.refused(op.id, 403, 'foreign-origin', { ...requestOf(op, place), headers: { Origin } })
    }
    const [answer] = await exchangeRaw(node, handshake(admin.where, { headers: { Origin } }).text)
    assert.equal(`${answer.status} ${answer.body.code}`, '403 foreign-origin', Origin)
    checkProblem(answer, Origin)
  }
  const own = { Origin: `http://127.0.0.1:${node.port}` }
  await admin.ok('createChannel', { path: { space: place.space }, body: { name: 'own' }, headers: own })
  const socket = await admin.socket({ subscribe: [{ space: place.space }], headers: own })
  assert.equal((await socket.next()).type, 'ready')
})

test('access: what a browser calls cross-site is refused, reads too', async (t) => {
  const place = await startPlace(t)
  for (const site of ['cross-site', 'same-site'])
    for (const op of operations.values()) {
      const query = op.id === 'streamEvents' ? { space: place.space } : {}
      const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'cors' }
      if (op.id === 'openEventSocket') {
        const [answer] = await exchangeRaw(place.node, handshake(place.admin.where, { headers }).text)
        assert.equal(`${answer.status} ${answer.body.code}`, '403 cross-site')
      } else await place.admin.refused(op.id, 403, 'cross-site', { ...requestOf(op, place), query, headers })
    }
  for (const site of ['same-origin', 'none'])
    await place.admin.ok('getStatus', { headers: { 'Sec-Fetch-Site': site } })
})

test('access: what a form can post without asking changes nothing', async (t) => {
  const place = await startPlace(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
    for (const op of operations.values())
      if (op.node.requestBody)
        await place.admin.refused(op.id, 415, 'unsupported-media-type', {
          ...requestOf(op, place),
          body: undefined,
          data: JSON.stringify(op.node.requestBody.content['application/json'].example),
          type
        })
  assert.equal((await place.admin.ok('listSpaces')).items.length, 1)
})

test('access: a preflight is promised nothing', async (t) => {
  const place = await startPlace(t)
  for (const path of [...Object.keys(document.paths), '/', '/v1/nothing']) {
    const url = path.replace(/\{(\w+)\}/g, (all, name) => place[name])
    for (const Origin of ['http://evil.example', `http://127.0.0.1:${place.node.port}`]) {
      const headers = {
        Origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization'
      }
      const answer = await place.admin.exchange('OPTIONS', url, { headers })
      assert(answer.status >= 400, `${url}: ${answer.status}`)
      checkAlways(answer, url) // no Access-Control header either
      checkProblem(answer, url)
    }
  }
})

test('access: every answer says how a browser is to treat it', async (t) => {
  const { node, admin, space } = await startPlace(t)
  const ask = (path, headers = {}) =>
    admin.exchange('GET', path, { headers: { ...admin.credentials, 'Accept-Encoding': 'gzip', ...headers } })
  const read = await ask(`/v1/spaces/${space}/channels`)
  const answers = {
    page: await ask('/'),
    description: await ask('/openapi.json'),
    health: await ask('/healthz'),
    read,
    same: await ask(`/v1/spaces/${space}/channels`, { 'If-None-Match': read.headers.etag }),
    lost: await ask('/v1/nothing'),
    denied: await admin.exchange('GET', '/v1/status'),
    rebound: await ask('/', { Host: 'evil.example' }),
    broken: (await exchangeRaw(node, 'GET\r\n\r\n'))[0]
  }
  assert.equal(answers.same.status, 304)
  for (const [name, answer] of Object.entries(answers)) {
    checkAlways(answer, name)
    assert.match(
      answer.headers['content-security-policy'],
      /default-src 'none'.*frame-ancestors 'none'/,
      name
    )
    assert.equal(answer.headers['x-frame-options'], 'DENY', name)
    assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin', name)
    assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin', name)
    assert(answer.headers['cache-control'], `${name}: Cache-Control`)
    assert.equal(answer.headers.server, undefined, `${name}: says what it runs on`)
    assert.equal(answer.headers['set-cookie'], undefined, name)
  }
  for (const name of ['denied', 'lost', 'health'])
    assert.equal(answers[name].headers['cache-control'], 'no-store', name)
})
