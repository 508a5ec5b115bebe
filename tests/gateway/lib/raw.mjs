// raw.mjs - bytes on a socket, for what no HTTP client would send.
import net from 'node:net'
import { PATIENCE_MS, within } from './wait.mjs'

// Parses as many whole answers as there are: [{ status, headers, text, body }].
export function parseAnswers(bytes) {
  const answers = []
  let rest = bytes.toString('latin1')
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return answers
    const [line, ...fields] = rest.slice(0, end).split('\r\n')
    const headers = {}
    for (const field of fields) {
      const colon = field.indexOf(':')
      headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim()
    }
    const length = Number(headers['content-length'] ?? 0)
    const text = Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString('utf8')
    rest = rest.slice(end + 4 + length)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1])
    const body = /json/.test(headers['content-type'] ?? '') && text ? JSON.parse(text) : undefined
    answers.push({ status, headers, text, body })
  }
}

// A connection: what it received, and the promise of its end.
export class RawSocket {
  constructor(node, where = { host: '127.0.0.1', port: node.port }) {
    this.pieces = []
    this.socket = net.connect(where)
    this.socket.on('data', (piece) => this.pieces.push(piece))
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('connect', resolve)
      this.socket.once('error', reject)
    })
    this.opened.catch(() => {})
    this.socket.on('error', (error) => (this.error = error))
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
  }

  write(data) {
    if (!this.socket.writable) return Promise.resolve(false)
    return new Promise((resolve) => this.socket.write(data, (error) => resolve(!error)))
  }

  get answers() {
    return parseAnswers(Buffer.concat(this.pieces))
  }
}

// Sends `data` and nothing more; the answers until the server closes or says `count` of them.
export async function exchangeRaw(node, data, { count = 1, end = false, ms = PATIENCE_MS } = {}) {
  const raw = new RawSocket(node)
  const enough = new Promise((resolve) =>
    raw.socket.on('data', () => raw.answers.length >= count && resolve())
  )
  await within(raw.opened, 'the connection', ms)
  await raw.write(data)
  if (end) raw.socket.end()
  await within(
    Promise.race([enough, raw.closed]),
    `an answer to ${JSON.stringify(data.toString().slice(0, 80))}`,
    ms
  )
  raw.socket.destroy()
  return raw.answers
}
