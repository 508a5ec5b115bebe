// operations.test.mjs - each operation does what the document says, and refuses what it says it refuses.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from './lib/test.mjs'
import { checkExample, document, examples, operations, requestFaults } from './lib/contract.mjs'
import { found, startNode, startTeam } from './lib/node.mjs'
import { makeThings, namesIn, requestOf } from './lib/things.mjs'
import { until } from './lib/wait.mjs'

const nobody = () => randomBytes(32).toString('base64url')

test('operations: every example of the document is an example of its schema', () => {
  let n = 0
  for (const [pointer, example] of examples()) {
    checkExample(pointer, example)
    n++
  }
  assert(n > 10)
})

test('operations: every operation says where it runs and what it wants of a token', () => {
  for (const op of operations.values()) {
    assert.match(op.node['x-topo-where'], /^(registry|read|space|gateway)$/, op.id)
    assert.match(op.node['x-topo-scope'], /^(open|read|write|admin)$/, op.id)
  }
})

test('operations: health, readiness and the description are open to all', async (t) => {
  const node = await startNode(t)
  const nameless = node.client({ token: null })
  assert.deepEqual(await nameless.ok('getHealth'), { ok: true })
  assert.deepEqual(await nameless.ok('getReadiness'), { ok: true })
  const description = await nameless.ok('getDescription')
  assert.deepEqual(description, document, 'what is served is the document itself')
  for (const id of ['getHealth', 'getReadiness', 'getDescription'])
    await nameless.refused(id, 405, 'method-not-allowed', { method: 'DELETE' })
})

test('operations: the status tells the truth', async (t) => {
  const { node, admin } = await startTeam(t)
  const status = await admin.ok('getStatus')
  assert.equal(status.pid, node.pid)
  assert.equal(status.data_dir, node.data)
  assert.equal(status.http_address, `127.0.0.1:${node.port}`)
  assert.equal(status.spaces, 1)
  assert(status.started_at_ms <= Date.now() && status.started_at_ms > Date.now() - 600_000)
  assert.deepEqual(await node.local().ok('getStatus'), status, 'the same on the Unix socket')
})

test('operations: HEAD answers as GET does, without the body', async (t) => {
  const { admin, space } = await startTeam(t)
  for (const path of ['/healthz', '/v1/status', `/v1/spaces/${space}/channels`, '/v1/nothing']) {
    const [get, head] = [
      await admin.exchange('GET', path, { headers: admin.credentials }),
      await admin.exchange('HEAD', path, { headers: admin.credentials })
    ]
    assert.equal(head.status, get.status, path)
    assert.equal(head.text, '')
    for (const name of ['content-type', 'etag', 'topo-cursor'])
      assert.equal(head.headers[name], get.headers[name], `${path}: ${name}`)
  }
})

test('operations: the log has as many lines as were asked for, the latest of them', async (t) => {
  const { admin } = await startTeam(t)
  const { items } = await admin.ok('listLogs', { query: { limit: 1000 } })
  assert(items.some((line) => /ready/.test(line.text)))
  const { items: last } = await admin.ok('listLogs', { query: { limit: 1 } })
  assert.deepEqual(last, items.slice(-1))
  for (const limit of [0, 1001, -1, 1.5, 'x', ''])
    await admin.refused('listLogs', 400, 'invalid-argument', { query: { limit }, bad: true })
})

test('operations: a node told to stop does, and says so first', async (t) => {
  const node = await startNode(t)
  assert.deepEqual(await node.client().ok('stopNode'), { stopping: true })
  assert.deepEqual(await node.exited, { code: 0, signal: null })
})

test('operations: spaces are listed, and each has its own page', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = await admin.ok('createWorkspace', { body: { name: 'Löwenzahn 🌼', user_name: 'al\u00efce' } })
  const { items } = await admin.ok('listSpaces')
  assert.deepEqual(
    items.map((item) => item.space),
    [space, other.space]
  )
  assert.equal(items[1].name, 'Löwenzahn 🌼')
  assert.equal(items[1].user_name, 'al\u00efce')
  assert.equal(items[1].state, 'ready')
  assert.deepEqual(await admin.ok('getSpace', { path: { space } }), items[0])
})

test('operations: a workspace wants two names of good length', async (t) => {
  const admin = (await startNode(t)).client()
  const good = { name: 'Tea house', user_name: 'alice' }
  for (const member of ['name', 'user_name']) {
    const refuse = (value, status, code) =>
      admin
        .refused('createWorkspace', status, code, { body: { ...good, [member]: value }, bad: true })
        .then(({ body }) => assert.equal(body.pointer, member))
    await refuse(undefined, 400, 'invalid-argument')
    await refuse(null, 400, 'invalid-argument')
    await refuse(7, 400, 'invalid-argument')
    await refuse(true, 400, 'invalid-argument')
    await refuse(['a'], 400, 'invalid-argument')
    await refuse({ a: 1 }, 400, 'invalid-argument')
    await refuse('', 400, 'invalid-argument')
    await refuse('x'.repeat(257), 413, 'limit-exceeded')
    await refuse('ä'.repeat(129), 413, 'limit-exceeded')
  }
  assert.deepEqual((await admin.ok('listSpaces')).items, [], 'none of them made anything')
  const longest = { name: 'n'.repeat(256), user_name: 'ü'.repeat(128) }
  assert.equal((await admin.ok('createWorkspace', { body: longest })).name, longest.name)
})

test('operations: an invite lets one more person in', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const invite = await admin.ok('createInvite', {
    path: { space },
    body: { role: 'moderator', expires_in_s: 60 }
  })
  assert.equal(invite.role, 'moderator')
  assert(invite.expires_at_ms > Date.now() && invite.expires_at_ms <= Date.now() + 60_000)
  const body = { link: invite.link, user_name: 'bob', wait_ms: 30000 }
  const joined = await other.ok('joinWorkspace', { body })
  assert.equal(joined.state, 'ready', joined.detail)
  assert.equal(joined.name, 'Tea house')
  const { items } = await admin.ok('listMembers', { path: { space } })
  assert.deepEqual(
    items.map((m) => [m.name, m.role, m.is_me]),
    [
      ['alice', 'owner', true],
      ['bob', 'moderator', false]
    ]
  )
  assert(items[1].devices.some((device) => device.device === joined.space))
  const peers = await admin.ok('listPeers', { path: { space } })
  assert.deepEqual(
    peers.items.map((peer) => [peer.device, peer.user_name]),
    [[joined.space, 'bob']]
  )
  await until(
    async () => (await admin.ok('getSync', { path: { space } })).state === 'synced',
    'both are in step'
  )
})

test('operations: an address is given by hand, kept and taken back', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const path = { space }
  const { link } = await admin.ok('createInvite', { path })
  const joined = await other.ok('joinWorkspace', { body: { link, user_name: 'bob', wait_ms: 30000 } })
  const device = joined.space
  const peers = () => admin.ok('listPeers', { path })
  await until(async () => (await peers()).items[0].connected, 'they are connected')
  assert.deepEqual((await peers()).items[0].given, [])
  const address = (await other.ok('getStatus')).udp_address
  const add = (body) => admin.ok('addPeerAddress', { path, body })
  assert.deepEqual(await add({ address }), { dialling: 0 }, 'nobody is looked for')
  assert.deepEqual((await peers()).search, { address, left: 0, last_error: '' })
  const given = [address, '[2001:db8::9]:7443', '192.0.2.9:1', '192.0.2.9:2']
  for (const one of given) assert.deepEqual(await add({ address: one, device }), { dialling: 0 })
  assert.deepEqual((await peers()).items[0].given, given)
  const refuse = (body, status, code, bad) =>
    admin.refused('addPeerAddress', status, code, { path, body, bad })
  await refuse({ address: '192.0.2.9:3', device }, 413, 'limit-exceeded')
  await refuse({ address, device: nobody() }, 404, 'not-found')
  await refuse({ address, device: space }, 404, 'not-found')
  await refuse({ address: 'example.org:7443' }, 400, 'invalid-argument')
  await refuse({ address: '192.0.2.9' }, 400, 'invalid-argument')
  await refuse({ address: '' }, 400, 'invalid-argument', true)
  await refuse({ device }, 400, 'invalid-argument', true)
  await refuse({ address: '1'.repeat(65) }, 413, 'limit-exceeded', true)
  for (const one of given) {
    assert.deepEqual(await admin.ok('removePeerAddress', { path: { space, address: one } }), { address: one })
    await admin.refused('removePeerAddress', 404, 'not-found', { path: { space, address: one } })
  }
  assert.deepEqual((await peers()).items[0].given, [])
  assert.equal((await peers()).items[0].connected, true, 'who is connected stays so')
})

test('operations: who is not connected is dialled on demand', async (t) => {
  const { admin, space } = await startTeam(t)
  const away = await startNode(t)
  const path = { space }
  const { link } = await admin.ok('createInvite', { path })
  const body = { link, user_name: 'bob', wait_ms: 30000 }
  const { space: device } = await away.client().ok('joinWorkspace', { body })
  const peer = async () => (await admin.ok('listPeers', { path })).items[0]
  await until(async () => (await peer()).connected, 'they are connected')
  for (const body of [undefined, {}, { device }])
    assert.deepEqual(await admin.ok('dialPeers', { path, body }), { dialling: 0 })
  await away.stop()
  await until(async () => !(await peer()).connected, 'the other one is away')
  for (const body of [undefined, {}, { device }])
    assert.deepEqual(await admin.ok('dialPeers', { path, body }), { dialling: 1 })
  await until(async () => (await peer()).last_error === 'unreachable', 'why it is away is told')
  await admin.refused('dialPeers', 404, 'not-found', { path, body: { device: nobody() } })
  await admin.refused('dialPeers', 400, 'invalid-argument', { path, body: { device: 'short' }, bad: true })
})

test('operations: an invite is a week long and for a member unless told', async (t) => {
  const { admin, space } = await startTeam(t)
  const week = 7 * 86400_000
  for (const given of [{ path: { space } }, { path: { space }, body: {} }]) {
    const { role, expires_at_ms } = await admin.ok('createInvite', given)
    assert.equal(role, 'member')
    assert(Math.abs(expires_at_ms - Date.now() - week) < 60_000)
  }
  for (const body of [
    { role: 'king' },
    { role: 3 },
    { expires_in_s: 59 },
    { expires_in_s: 31536001 },
    { expires_in_s: 'soon' }
  ])
    await admin.refused('createInvite', 400, 'invalid-argument', { path: { space }, body, bad: true })
})

test('operations: a link that is none opens nothing', async (t) => {
  const admin = (await startNode(t)).client()
  const refuse = (body, status, code, bad = true) =>
    admin.refused('joinWorkspace', status, code, { body, bad })
  await refuse({ link: 'topo://join/AAEC', user_name: 'bob' }, 400, 'invalid-argument', false)
  await refuse({ link: 'https://example.org', user_name: 'bob' }, 400, 'invalid-argument', false)
  await refuse({ user_name: 'bob' }, 400, 'invalid-argument')
  await refuse({ link: 'x'.repeat(4097), user_name: 'bob' }, 413, 'limit-exceeded')
  await refuse({ link: 'topo://join/AAEC', user_name: 'bob', wait_ms: 120001 }, 400, 'invalid-argument')
  assert.deepEqual((await admin.ok('listSpaces')).items, [])
})

test('operations: a slip in a link is told at once, and makes nothing', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const { link } = await admin.ok('createInvite', { path: { space } })
  const at = link.length >> 1
  const slips = [
    link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1),
    link.slice(0, -1),
    link + 'A',
    'topo://join/'
  ]
  for (const slip of slips) {
    const { body } = await other.refused('joinWorkspace', 400, 'invalid-argument', {
      body: { link: slip, user_name: 'bob' }
    })
    assert.equal(body.pointer, 'link')
    assert.match(body.detail, /incomplete, or a letter of it is wrong/, slip)
  }
  const older = `topo://join/AQ${link.slice(14)}`
  const { body } = await other.refused('joinWorkspace', 400, 'invalid-argument', {
    body: { link: older, user_name: 'bob' }
  })
  assert.match(body.detail, /older release/)
  assert.deepEqual((await other.ok('listSpaces')).items, [])
})

test('operations: an invite says at which addresses the node is reached, as the status does', async (t) => {
  const { admin, space } = await startTeam(t)
  const { udp_address, addresses, reached, detail } = await admin.ok('getStatus')
  assert.deepEqual(addresses, [udp_address], 'the one that is bound')
  assert.equal(detail, '')
  assert.equal(reached, 'nobody', 'from elsewhere')
  const invite = await admin.ok('createInvite', { path: { space } })
  assert.deepEqual(invite.addresses, addresses)
})

test('operations: a joiner whom nobody answers waits, and says why', async (t) => {
  const { node: away, admin, space } = await startTeam(t)
  const { link } = await admin.ok('createInvite', { path: { space } })
  await away.crash()
  const other = (await startNode(t)).client()
  const joining = await other.ok('joinWorkspace', { body: { link, user_name: 'bob', wait_ms: 0 } })
  assert.equal(joining.state, 'joining')
  assert.notEqual(joining.detail, '')
  const path = { space: joining.space }
  assert.deepEqual((await other.ok('listMembers', { path })).items, [], 'it knows nobody yet')
  await other.refused('createChannel', 503, 'unreachable', { path, body: { name: 'early' } })
})

test('operations: a link of a workspace one is in makes no second person', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const invite = async () => (await admin.ok('createInvite', { path: { space } })).link
  const join = (client, link, user_name) =>
    client.call('joinWorkspace', { body: { link, user_name, wait_ms: 30000 } })
  const first = await invite()
  const joined = await join(other, first, 'bob')
  assert.equal(joined.status, 201)
  assert.equal(joined.body.state, 'ready', joined.text)
  for (const link of [first, await invite()]) {
    const again = await join(other, link, 'robert')
    assert.equal(again.status, 200)
    assert.deepEqual(again.body, joined.body)
  }
  const own = await join(admin, await invite(), 'alison')
  assert.equal(own.status, 200)
  assert.equal(own.body.space, space)
  for (const client of [admin, other]) assert.equal((await client.ok('listSpaces')).items.length, 1)
  const { items } = await admin.ok('listMembers', { path: { space } })
  assert.deepEqual(
    items.map((m) => m.name),
    ['alice', 'bob']
  )
})

test('operations: a newer link takes the place of one that is used up', async (t) => {
  const { admin, space } = await startTeam(t)
  const [first, second] = [(await startNode(t)).client(), (await startNode(t)).client()]
  const invite = async () => (await admin.ok('createInvite', { path: { space } })).link
  const join = (client, link, wait_ms) =>
    client.call('joinWorkspace', { body: { link, user_name: 'bob', wait_ms } })
  const used = await invite()
  assert.equal((await join(first, used, 30000)).body.state, 'ready')
  const joining = await join(second, used, 0)
  assert.equal(joining.status, 201)
  await until(
    async () =>
      /used or expired/.test((await second.ok('getSpace', { path: { space: joining.body.space } })).detail),
    'it hears that the link is used up'
  )
  const ready = await join(second, await invite(), 30000)
  assert.equal(ready.status, 200)
  assert.equal(ready.body.space, joining.body.space)
  assert.equal(ready.body.state, 'ready', ready.text)
})

test('operations: a name that is given counts at once, for oneself and for the workspace', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space }
  const { message } = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'Tea?' } })
  const socket = await admin.socket({ subscribe: [{ space, types: ['member', 'workspace'] }] })
  await socket.find((event) => event.type === 'ready', 'ready')
  for (const name of ['Alice', 'A.']) {
    const given = { of: 'user', name }
    assert.deepEqual(await admin.ok('setName', { path, body: given }), given)
    const read = await admin.ok('getMessage', { path: { space, message } })
    assert.equal(read.author.name, name)
    assert.equal((await socket.next()).data.name, name)
  }
  const given = { of: 'workspace', name: 'Coffee house' }
  assert.deepEqual(await admin.ok('setName', { path, body: given }), given)
  assert.equal((await socket.next()).data.name, 'Coffee house')
  await until(async () => (await admin.ok('getSpace', { path })).name === 'Coffee house', 'the space has it')
  for (const body of [{}, { of: 'user' }, { name: 'x' }, { of: 'me', name: 'x' }, { of: 'user', name: '' }])
    await admin.refused('setName', 400, 'invalid-argument', { path, body, bad: true })
})

test('operations: only owners and admins name the workspace', async (t) => {
  const { admin, space } = await startTeam(t)
  const other = (await startNode(t)).client()
  const { link } = await admin.ok('createInvite', { path: { space } })
  const joined = await other.ok('joinWorkspace', { body: { link, user_name: 'bob', wait_ms: 20_000 } })
  const path = { space: joined.space }
  await until(async () => (await other.ok('getSpace', { path })).state === 'ready', 'it is let in')
  await other.refused('setName', 403, 'denied', { path, body: { of: 'workspace', name: 'Mine' } })
  await other.ok('setName', { path, body: { of: 'user', name: 'Bobby' } })
  await until(async () => {
    const { items } = await admin.ok('listMembers', { path: { space } })
    return items.some((member) => member.name === 'Bobby')
  }, 'the other node shows it')
})

test('operations: channels are listed, oldest first, under their author', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space }
  const made = await admin.ok('createChannel', { path, body: { name: 'tea & biscuits' } })
  const { items } = await admin.ok('listChannels', { path })
  assert.deepEqual(items.at(-1), made)
  assert.equal(made.author.name, 'alice')
  assert(items.some((item) => item.channel === channel))
  for (const body of [{}, { name: '' }, { name: 1 }, { name: null }])
    await admin.refused('createChannel', 400, 'invalid-argument', { path, body, bad: true })
  await admin.refused('createChannel', 413, 'limit-exceeded', {
    path,
    body: { name: 'x'.repeat(257) },
    bad: true
  })
})

test('operations: a message is what was sent, and pages go both ways', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const empty = await admin.ok('listMessages', { path })
  assert.deepEqual(empty.items, [])
  const sent = []
  for (let i = 0; i < 25; i++)
    sent.push(await admin.ok('sendMessage', { path, body: { text: `cup ${i} ☕` } }))
  const page = (query) => admin.ok('listMessages', { path, query })
  assert.deepEqual((await page({})).items, sent)
  const places = sent.map((m) => m.place)
  assert.deepEqual(places, [...places].sort(), 'places order messages as text')

  const walked = []
  let last = await page({ limit: 10 })
  assert.deepEqual(last.items, sent.slice(15), 'the newest page comes first')
  while (last.items.length) {
    walked.unshift(...last.items)
    last = await page({ limit: 10, before: last.before })
  }
  assert.deepEqual(walked, sent)

  const forth = []
  let next = await page({ limit: 7, after: sent[0].place })
  while (next.items.length) {
    forth.push(...next.items)
    next = await page({ limit: 7, after: next.after })
  }
  assert.deepEqual(forth, sent.slice(1), 'a place of a message is a cursor too')
  assert.deepEqual(await admin.ok('getMessage', { path: { space, message: sent[3].message } }), sent[3])
})

test('operations: a page wants one good cursor at most', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const { place } = await admin.ok('sendMessage', { path, body: { text: 'one' } })
  const refuse = (query, bad = true) =>
    admin.refused('listMessages', 400, 'invalid-argument', { path, query, bad })
  await refuse({ before: place, after: place }, false)
  await refuse({ before: 'nonsense' }, false)
  await refuse({ after: '\u{1f375}' }, false)
  await refuse({ limit: 0 })
  await refuse({ limit: 201 })
  await refuse({ limit: '1e1' })
  await refuse({ limit: '99999999999999999999999' })
})

test('operations: a text is as it was written, whatever stands in it', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const path = { space, channel }
  const texts = [
    '<script>alert(1)</script>',
    '"; DROP TABLE messages;--',
    '\u202Eevil',
    '\\u0041',
    'a\tb\nc\r\n',
    '👩‍👩‍👧‍👦',
    '\u0001\u001f',
    'x'.repeat(32768),
    '🫖'.repeat(8192)
  ]
  for (const text of texts) {
    const made = await admin.ok('sendMessage', { path, body: { text } })
    assert.equal(made.text, text)
    assert.equal((await admin.ok('getMessage', { path: { space, message: made.message } })).text, text)
  }
  for (const body of [{}, { text: '' }, { text: 5 }, { text: null }, { text: false }])
    await admin.refused('sendMessage', 400, 'invalid-argument', { path, body, bad: true })
  for (const text of ['x'.repeat(32769), '🫖'.repeat(8193)])
    await admin.refused('sendMessage', 413, 'limit-exceeded', { path, body: { text }, bad: true })
  assert.equal((await admin.ok('listMessages', { path })).items.length, texts.length)
})

test('operations: unknown members of a body are ignored', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const { text } = await admin.ok('sendMessage', {
    path: { space, channel },
    body: { text: 'yes', mood: { a: [1] } }
  })
  assert.equal(text, 'yes')
})

test('operations: a reaction counts once', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const { message, author } = await admin.ok('sendMessage', {
    path: { space, channel },
    body: { text: 'Tea?' }
  })
  const path = { space, message }
  for (let i = 0; i < 3; i++) await admin.ok('addReaction', { path, body: { emoji: '🫖' } })
  await admin.ok('addReaction', { path, body: { emoji: '+1' } })
  const { reactions } = await admin.ok('getMessage', { path })
  assert.deepEqual(reactions.map((group) => [group.emoji, group.count, group.mine, group.users]).sort(), [
    ['+1', 1, true, [author.user]],
    ['🫖', 1, true, [author.user]]
  ])
  for (const body of [{}, { emoji: '' }, { emoji: 1 }])
    await admin.refused('addReaction', 400, 'invalid-argument', { path, body, bad: true })
  await admin.refused('addReaction', 413, 'limit-exceeded', {
    path,
    body: { emoji: 'x'.repeat(65) },
    bad: true
  })
})

test('operations: the ETag of a read holds until something changes', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const { message } = await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'one' } })
  const reads = [
    ['listMembers', { space }],
    ['listChannels', { space }],
    ['listMessages', { space, channel }],
    ['getMessage', { space, message }]
  ]
  for (const [id, path] of reads) {
    const first = await admin.call(id, { path })
    const ask = (etag) => admin.call(id, { path, headers: { 'If-None-Match': etag } })
    const same = await ask(first.headers.etag)
    assert.equal(same.status, 304, id)
    assert.equal(same.headers.etag, first.headers.etag)
    assert.equal(same.headers['topo-cursor'], first.headers['topo-cursor'])
    const [, bare] = /^(?:W\/)?(".*")$/.exec(first.headers.etag)
    for (const tag of [bare, `W/${bare}`, `"a", ${bare}`])
      assert.equal((await ask(tag)).status, 304, `${id}: ${tag} is compared weakly (RFC 9110, 13.1.2)`)
    assert.equal((await ask('"other"')).status, 200, id)
    await admin.ok('sendMessage', { path: { space, channel }, body: { text: `then ${id}` } })
    const later = await ask(first.headers.etag)
    assert.equal(later.status, 200, id)
    assert.notEqual(later.headers.etag, first.headers.etag)
    assert.notEqual(later.headers['topo-cursor'], first.headers['topo-cursor'])
  }
})

test('operations: a fingerprint changes with what is shown', async (t) => {
  const { admin, space, channel } = await startTeam(t)
  const before = await admin.ok('getFingerprint', { path: { space } })
  assert.deepEqual(await admin.ok('getFingerprint', { path: { space } }), before)
  await admin.ok('sendMessage', { path: { space, channel }, body: { text: 'one' } })
  const after = await admin.ok('getFingerprint', { path: { space } })
  assert.notEqual(after.fingerprint, before.fingerprint)
  assert.equal(after.events, before.events + 1)
})

// What stands for each parameter of a path when the others are right.
test('operations: what is not there, is elsewhere or is no id is refused', async (t) => {
  const { admin, space } = await startTeam(t)
  const right = await makeThings(admin, { space })
  const foreign = await makeThings(admin, { space: (await found(admin, 'Elsewhere')).space })
  for (const op of operations.values()) {
    const { path, body } = requestOf(op, right)
    for (const name of namesIn(op)) {
      const ask = (value, status, code, bad) =>
        admin.refused(op.id, status, code, { path: { ...path, [name]: value }, body, bad })
      if (name === 'token_id') {
        await ask('B'.repeat(16), 404, 'not-found')
        continue
      }
      if (name === 'address') {
        await ask('[2001:db8::9]:7443', 404, 'not-found')
        for (const wrong of ['short', '192.0.2.9', '[2001:db8::9]', 'example.org:7443', '[::]:1'])
          await ask(wrong, 400, 'invalid-argument')
        continue
      }
      await ask(nobody(), 404, 'not-found')
      if (name !== 'space') await ask(foreign[name], 404, 'not-found')
      await ask('short', 400, 'invalid-argument', true)
      await ask(`${'a'.repeat(42)}!`, 400, 'invalid-argument', true)
      await ask('a'.repeat(44), 400, 'invalid-argument', true)
    }
  }
})

test('operations: a body is JSON, declared as such, where one is due', async (t) => {
  const { admin, space } = await startTeam(t)
  const right = await makeThings(admin, { space })
  for (const op of operations.values()) {
    const { path } = requestOf(op, right)
    if (!op.node.requestBody) continue
    const refuse = (status, code, given) => admin.refused(op.id, status, code, { path, ...given })
    const data = JSON.stringify(op.node.requestBody.content['application/json'].example)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonx',
      ''
    ])
      await refuse(415, 'unsupported-media-type', { data, type })
    for (const broken of ['{', '{"a":}', '[', 'nul', '{"a":1}x', "{'a':1}", '\ufeff{}', '{"a":1,}'])
      await refuse(400, 'malformed', { data: broken })
    for (const other of ['[]', '"text"', '7', 'null', 'true'])
      await refuse(400, 'invalid-argument', { data: other })
    if (op.node.requestBody.required && requestFaults(op, { path, body: {} }).length)
      await refuse(400, 'invalid-argument', { body: {}, bad: true })
  }
})

test('operations: a path knows its methods, and tells them', async (t) => {
  const { node, admin, space } = await startTeam(t)
  const right = await makeThings(admin, { space })
  for (const [template, item] of Object.entries(document.paths)) {
    const path = template.replace(/\{(\w+)\}/g, (all, name) => right[name])
    const offered = ['get', 'post', 'put', 'patch', 'delete'].filter((method) => item[method])
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (offered.includes(method.toLowerCase())) continue
      const id = item[offered[0]].operationId
      const { headers } = await admin.refused(id, 405, 'method-not-allowed', { path: right, method })
      const allow = headers.allow
        .split(/, */)
        .filter((name) => name !== 'HEAD' && name !== 'OPTIONS')
        .sort()
      assert.deepEqual(allow, offered.map((name) => name.toUpperCase()).sort(), path)
    }
  }
  const lost = await node.client().exchange('GET', '/v1/nothing', { headers: admin.credentials })
  assert.equal(`${lost.status} ${lost.body.code}`, '404 not-found')
})
