// mock.mjs - stands in for the node while the page is being worked on: serves web/dist and what of
// the API the page uses, from memory. A tool for development; tests that matter run against topod.
//
//   node dev/mock.mjs [full|empty|many]     prints the address to open
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { seed } from './seed.mjs'

export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'"
const dist = new URL('../dist/', import.meta.url)

// The same ids, and so the same colours, in every run.
function ids() {
  let count = 0
  return () => createHash('sha256').update(`id ${count++}`).digest('base64url')
}

function assets() {
  const lines = readFileSync(new URL('manifest.txt', dist), 'utf8').trim().split('\n')
  return new Map(lines.map((line) => line.split('\t')).map(([path, type, file]) => [path, { type, file }]))
}

export class Mock {
  constructor(kind = 'full') {
    this.id = ids()
    this.spaces = seed(kind, this.id)
    this.sockets = new Set()
    this.cursor = 0
    this.answers = new Map() // by idempotency key
  }

  listen(port = 0) {
    this.server = createServer((request, response) => void this.handle(request, response))
    this.server.on('upgrade', (request, socket) => this.upgrade(request, socket))
    return new Promise((resolve) =>
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port
        resolve(`http://127.0.0.1:${this.port}/#c=mock`)
      })
    )
  }

  close() {
    for (const socket of this.sockets) socket.destroy()
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(resolve))
  }

  tell(space, type, data, durable = true) {
    const event = {
      type,
      space: space.info.space,
      data,
      ...(durable ? { cursor: `c.${++this.cursor}` } : {})
    }
    for (const socket of this.sockets) if (socket.follows?.has(event.space)) this.frame(socket, [event])
  }

  /* ---- what happens in a space ---- */

  say(space, channel, user, text, at_ms = Date.now(), key) {
    const member = space.members.find((one) => one.user === user)
    const message = {
      message: this.id(),
      channel,
      author: { user, name: member.name },
      text,
      sent_at_ms: at_ms,
      place: `${String(at_ms).padStart(14, '0')}${this.id().slice(0, 6)}`,
      reactions: [],
      ...(key ? { idempotency_key: key } : {})
    }
    space.messages.push(message)
    space.messages.sort((a, b) => (a.place < b.place ? -1 : 1))
    this.tell(space, 'message', message)
    return message
  }

  react(space, message, user, emoji) {
    let group = message.reactions.find((one) => one.emoji === emoji)
    if (!group) message.reactions.push((group = { emoji, count: 0, mine: false, users: [] }))
    if (!group.users.includes(user)) {
      group.users.push(user)
      group.count += 1
      group.mine ||= space.members.find((one) => one.user === user).is_me
    }
    this.tell(space, 'message', message)
  }

  page(space, channel, query) {
    const limit = Number(query.get('limit') ?? 50)
    const all = space.messages.filter((one) => one.channel === channel)
    const before = query.get('before')
    const items = all.filter((one) => !before || one.place < before).slice(-limit)
    return { items, before: items[0]?.place ?? before ?? null, after: items.at(-1)?.place ?? null }
  }

  /* ---- HTTP ---- */

  async handle(request, response) {
    const url = new URL(request.url, 'http://mock')
    const asset = this.assets().get(url.pathname)
    if (asset) {
      response.writeHead(200, {
        'Content-Type': asset.type,
        'Content-Encoding': 'gzip',
        'Content-Security-Policy': CSP
      })
      response.end(readFileSync(new URL(asset.file, dist)))
      return
    }
    let text = ''
    for await (const part of request) text += part
    const key = request.headers['idempotency-key']
    const [status, body] =
      this.answers.get(key) ?? this.answer(request, url, text ? JSON.parse(text) : {}, key)
    if (key && status < 300) this.answers.set(key, [status, body])
    response.writeHead(status, {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      'Topo-Cursor': `c.${this.cursor}`
    })
    response.end(JSON.stringify(body))
  }

  assets() {
    return (this.files ??= assets())
  }

  answer(request, url, body, key) {
    const route = `${request.method} ${url.pathname}`
    if (route === 'POST /v1/sessions') {
      return body.code === 'mock'
        ? [201, { token: 'topo_mock', scope: 'admin', expires_at_ms: Date.now() + 1e9 }]
        : [401, { code: 'unauthenticated', detail: 'the code is unknown or was used' }]
    }
    if (request.headers.authorization !== 'Bearer topo_mock')
      return [401, { code: 'unauthenticated', detail: 'no good token' }]
    if (route === 'GET /v1/spaces') return [200, { items: this.spaces.map((one) => one.info) }]
    if (route === 'POST /v1/workspaces') return [201, this.begin(body, 'ready')]
    if (route === 'POST /v1/joins')
      return [201, this.begin({ name: '', user_name: body.user_name }, 'joining')]
    const [, , , which, kind, what, part] = url.pathname.split('/')
    const space = this.spaces.find((one) => one.info.space === which)
    if (!space) return [404, { code: 'not-found', detail: 'this daemon has no such space' }]
    return this.inSpace(request.method, space, [kind, what, part], url.searchParams, body, key)
  }

  inSpace(method, space, [kind, what, part], query, body, key) {
    const me = space.members.find((one) => one.is_me)?.user
    const write = method === 'POST'
    if (kind === 'members') return [200, { items: space.members }]
    if (kind === 'peers') return [200, { items: space.peers }]
    if (kind === 'sync') return [200, space.sync]
    if (kind === 'invites') {
      const link = `topo://join/${randomBytes(180).toString('base64url')}`
      return [
        201,
        {
          invite: this.id(),
          link,
          addresses: ['192.0.2.7:7443'],
          role: body.role,
          expires_at_ms: Date.now() + body.expires_in_s * 1000
        }
      ]
    }
    if (kind === 'channels' && !what) {
      if (!write) return [200, { items: space.channels }]
      const channel = {
        channel: this.id(),
        name: body.name,
        created_at_ms: Date.now(),
        author: { user: me, name: space.info.user_name }
      }
      space.channels.push(channel)
      this.tell(space, 'channel', channel)
      return [201, channel]
    }
    if (kind === 'channels' && part === 'messages') {
      return write
        ? [201, this.say(space, what, me, body.text, Date.now(), key)]
        : [200, this.page(space, what, query)]
    }
    const message = space.messages.find((one) => one.message === what)
    if (!message) return [404, { code: 'not-found', detail: 'there is no such message' }]
    if (!write) return [200, message]
    this.react(space, message, me, body.emoji)
    return [201, { reaction: this.id(), message: what, emoji: body.emoji }]
  }

  begin({ name, user_name }, state) {
    const [space] = seed('new', this.id, { name, user_name, state })
    this.spaces.push(space)
    return space.info
  }

  // A join that was waiting succeeds.
  admit(space, name) {
    Object.assign(space.info, { name, state: 'ready', detail: '' })
    this.tell(space, 'space', space.info, false)
  }

  /* ---- WebSocket ---- */

  upgrade(request, socket) {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
    )
    socket.follows = new Set()
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    let data = Buffer.alloc(0)
    socket.on('data', (part) => {
      data = Buffer.concat([data, part])
      for (let used; (used = this.parse(socket, data)) > 0;) data = data.subarray(used)
    })
  }

  // One masked frame of a client; its length, or 0 while it is not whole.
  parse(socket, data) {
    if (data.length < 2) return 0
    let length = data[1] & 127
    let at = 2
    if (length === 126) [length, at] = [data.length < 4 ? Infinity : data.readUInt16BE(2), 4]
    if (data.length < at + 4 + length) return 0
    const mask = data.subarray(at, at + 4)
    const body = Buffer.from(
      data.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ mask[index % 4])
    )
    if ((data[0] & 15) === 8) socket.end()
    else if ((data[0] & 15) === 1) this.hello(socket, JSON.parse(body.toString()))
    return at + 4 + length
  }

  hello(socket, { subscribe = [] }) {
    for (const { space: which } of subscribe) {
      const space = this.spaces.find((one) => one.info.space === which)
      socket.follows.add(which)
      this.frame(socket, [
        { type: 'ready', space: which, cursor: `c.${this.cursor}` },
        { type: 'space', space: which, data: space.info },
        { type: 'sync', space: which, data: space.sync },
        { type: 'peers', space: which, data: { items: space.peers } }
      ])
    }
  }

  frame(socket, events) {
    const body = Buffer.from(JSON.stringify(events))
    const head =
      body.length < 126
        ? Buffer.from([129, body.length])
        : body.length < 65536
          ? Buffer.from([129, 126, body.length >> 8, body.length & 255])
          : Buffer.concat([
              Buffer.from([129, 127, 0, 0, 0, 0]),
              Buffer.from(Uint32Array.of(body.length).buffer).swap32()
            ])
    socket.write(Buffer.concat([head, body]))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await new Mock(process.argv[2]).listen(7499))
}
