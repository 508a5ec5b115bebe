// websocket.mjs - RFC 6455 on a bare socket, so that a test can break every rule of it.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import net from 'node:net'
import { checkAnswer, checkBatch, checkHello, operation } from './contract.mjs'
import { Queue } from './queue.mjs'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455, 1.3

export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

// A frame's bytes. { fin, opcode, rsv, masked, length } may lie.
export function frame(payload, { fin = true, opcode = OPCODE.text, rsv = 0, masked = true, length } = {}) {
  const data = Buffer.from(payload)
  const size = length ?? data.length
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode]
  const bit = masked ? 0x80 : 0
  if (size < 126) head.push(bit | size)
  else if (size < 65536) head.push(bit | 126, size >> 8, size & 255)
  else {
    const wide = Buffer.alloc(8)
    wide.writeBigUInt64BE(BigInt(size))
    head.push(bit | 127, ...wide)
  }
  if (!masked) return Buffer.concat([Buffer.from(head), data])
  const mask = randomBytes(4)
  const hidden = Buffer.from(data.map((byte, i) => byte ^ mask[i & 3]))
  return Buffer.concat([Buffer.from(head), mask, hidden])
}

export function handshake(where, { path = '/v1/events/ws', headers = {} } = {}) {
  const fields = {
    Host: where.port ? `127.0.0.1:${where.port}` : 'topo',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    ...headers
  }
  const lines = Object.entries(fields).filter(([, value]) => value !== null)
  const text = `GET ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`
  return {
    text,
    accept: createHash('sha1')
      .update(fields['Sec-WebSocket-Key'] + GUID)
      .digest('base64')
  }
}

// The events of a socket come one by one from next(); `closed` is { code, reason } once it is.
export class EventSocket {
  constructor(where, options = {}) {
    this.queue = new Queue('the event socket')
    this.socket = where.socketPath ? net.connect(where.socketPath) : net.connect(where.port, where.host)
    this.rest = Buffer.alloc(0)
    this.closing = { code: 1006, reason: '' } // RFC 6455, 7.1.5: it was never said
    this.pongs = []
    this.batches = 0
    const { text, accept } = handshake(where, options)
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('error', reject)
      this.socket.on('close', () => reject(new Error('the socket closed before it was open')))
      this.onopen = (head) => {
        try {
          resolve(this.judge(head, accept))
        } catch (error) {
          reject(error)
        }
      }
    })
    this.opened.catch(() => {})
    this.socket.on('data', (piece) => this.take(piece))
    this.closed = new Promise((resolve) =>
      this.socket.on('close', () => {
        this.queue.end()
        resolve(this.closing)
      })
    )
    this.socket.write(text)
  }

  judge(head, accept) {
    const [line, ...fields] = head.split('\r\n')
    const headers = Object.fromEntries(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim()
      ])
    )
    assert.match(line, /^HTTP\/1\.1 101 /, `no socket: ${head}`)
    assert.equal(headers['sec-websocket-accept'], accept)
    assert.equal(headers.upgrade?.toLowerCase(), 'websocket')
    checkAnswer(operation('openEventSocket'), { status: 101, headers, text: '' })
    this.isOpen = true
  }

  take(piece) {
    this.rest = this.rest.length ? Buffer.concat([this.rest, piece]) : piece
    if (!this.isOpen) {
      const end = this.rest.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = this.rest.subarray(0, end).toString('latin1')
      this.rest = this.rest.subarray(end + 4)
      this.onopen(head)
      if (!this.isOpen) return
    }
    try {
      while (this.takeFrame());
    } catch (error) {
      this.failure = error
      this.socket.destroy()
    }
  }

  takeFrame() {
    const data = this.rest
    if (data.length < 2) return false
    assert(!(data[1] & 0x80), 'a server masks nothing')
    let size = data[1] & 0x7f
    let at = 2
    if (size === 126) {
      if (data.length < 4) return false
      size = data.readUInt16BE(2)
      at = 4
    } else if (size === 127) {
      if (data.length < 10) return false
      size = Number(data.readBigUInt64BE(2))
      at = 10
    }
    if (data.length < at + size) return false
    this.rest = data.subarray(at + size)
    this.takeMessage(data[0], data.subarray(at, at + size))
    return true
  }

  takeMessage(head, payload) {
    const opcode = head & 0x0f
    assert.equal(head & 0xf0, 0x80, 'the server sends whole messages without extensions')
    if (opcode === OPCODE.ping) this.send(payload, { opcode: OPCODE.pong })
    else if (opcode === OPCODE.pong) this.pongs.push(payload.toString())
    else if (opcode === OPCODE.close) this.takeClose(payload)
    else this.takeBatch(opcode, payload)
  }

  takeClose(payload) {
    if (payload.length >= 2)
      this.closing = { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString('utf8') }
    this.socket.end(frame(payload.subarray(0, 2), { opcode: OPCODE.close }))
  }

  takeBatch(opcode, payload) {
    assert.equal(opcode, OPCODE.text)
    const batch = JSON.parse(payload.toString('utf8'))
    checkBatch(batch)
    this.batches++
    for (const event of batch) this.queue.push(event)
  }

  send(payload, options) {
    if (this.socket.writable) this.socket.write(frame(payload, options))
  }

  // A hello as the document has it.
  say(hello) {
    checkHello(hello)
    this.send(JSON.stringify(hello))
  }

  async next(ms) {
    const event = await this.queue.next(ms)
    if (this.failure) throw this.failure
    return event
  }

  async find(fits, what, ms) {
    for (;;) {
      const event = await this.next(ms)
      assert(
        event !== undefined,
        `the socket closed (${this.closing.code} ${this.closing.reason}) before ${what}`
      )
      if (fits(event)) return event
    }
  }

  pause() {
    this.socket.pause()
  }

  resume() {
    this.socket.resume()
  }

  destroy() {
    this.socket.destroy()
  }
}
