// client.mjs - an HTTP client that takes nobody's word: each request and each answer goes past the
// document (contract.mjs), and what is sent wrong on purpose must be wrong.
import assert from 'node:assert/strict'
import http from 'node:http'
import { gunzipSync } from 'node:zlib'
import { answerOf } from './answer.mjs'
import { checkAnswer, operation, requestFaults, target } from './contract.mjs'
import { EventSource } from './event_source.mjs'
import { PATIENCE_MS } from './wait.mjs'
import { EventSocket } from './websocket.mjs'

export class Client {
  // { host, port } or { socketPath }; token: null for none.
  constructor({ token = null, ...where }) {
    this.where = where
    this.token = token
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
    this.streams = new Set()
  }

  close() {
    this.agent.destroy()
    for (const stream of this.streams) stream.destroy()
  }

  // What every request says of itself unless it is told otherwise.
  get credentials() {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` }
  }

  // One exchange without any judgement: { status, headers, text, body }.
  exchange(method, path, { headers = {}, data, agent = this.agent } = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.where, agent, method, path, headers, timeout: PATIENCE_MS })
      request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)))
      request.on('error', reject)
      request.on('response', (response) => {
        const pieces = []
        response.on('data', (piece) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(pieces)
          const plain = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
          resolve(answerOf(response, plain.toString('utf8')))
        })
      })
      request.end(data)
    })
  }

  // An operation: { path, query, body, headers }. `bad` says that the request breaks the document;
  // `data` and `type` stand in for the JSON of `body`, and `method` for the right one. A header that
  // is null is not sent.
  async call(id, given = {}) {
    const op = operation(id)
    const headers = { 'Accept-Encoding': 'gzip', ...this.credentials, ...given.headers }
    if (given.data === undefined && !given.method) {
      const faults = requestFaults(op, given)
      if (given.bad) assert(faults.length > 0, `${id}: this request is not bad`)
      else assert.deepEqual(faults, [], `${id}: this request is bad`)
    }
    const data = given.data ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
    if (data !== undefined) {
      headers['Content-Type'] ??= given.type ?? 'application/json'
      headers['Content-Length'] = Buffer.byteLength(data)
    }
    for (const name of Object.keys(headers)) if (headers[name] === null) delete headers[name]
    const answer = await this.exchange(given.method ?? op.method, target(op, given), { headers, data })
    checkAnswer(op, answer)
    return answer
  }

  // The body of a success.
  async ok(id, given) {
    const answer = await this.call(id, given)
    assert(answer.status < 300, `${id}: ${answer.status} ${answer.text}`)
    return answer.body
  }

  // The answer that refuses.
  async refused(id, status, code, given) {
    const answer = await this.call(id, given)
    assert.equal(`${answer.status} ${answer.body?.code}`, `${status} ${code}`, `${id}: ${answer.text}`)
    return answer
  }

  // A WebSocket with its hello said: { subscribe, headers }.
  async socket({ subscribe = [], token = this.token, ...options } = {}) {
    const socket = new EventSocket(this.where, options)
    this.streams.add(socket)
    await socket.opened
    socket.say({ ...(token === null ? {} : { token }), subscribe })
    return socket
  }

  // A WebSocket whose hello is still to come.
  async bareSocket(options = {}) {
    const socket = new EventSocket(this.where, options)
    this.streams.add(socket)
    await socket.opened
    return socket
  }

  // A stream of server-sent events: { query, headers }.
  async events(given) {
    const stream = new EventSource(this, given)
    this.streams.add(stream)
    await stream.opened
    return stream
  }
}
