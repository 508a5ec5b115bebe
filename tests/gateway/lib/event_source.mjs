// event_source.mjs - server-sent events, read as the standard says and judged frame by frame.
import assert from 'node:assert/strict'
import http from 'node:http'
import { answerOf } from './answer.mjs'
import { checkAnswer, checkEvent, operation, requestFaults, target } from './contract.mjs'
import { Queue } from './queue.mjs'

export class EventSource {
  constructor(client, { query = {}, headers = {}, bad = false } = {}) {
    const op = operation('streamEvents')
    if (!bad) assert.deepEqual(requestFaults(op, { query, headers }), [], 'this request is bad')
    this.queue = new Queue('the event stream')
    this.rest = ''
    this.request = http.get({
      ...client.where,
      agent: false,
      path: target(op, { query }),
      headers: { Accept: 'text/event-stream', ...client.credentials, ...headers }
    })
    this.opened = new Promise((resolve, reject) => {
      this.request.on('error', (error) => {
        this.queue.end()
        reject(error)
      })
      this.request.on('response', (response) => this.open(op, response).then(resolve, reject))
    })
  }

  async open(op, response) {
    this.response = response
    const pieces = []
    response.setEncoding('utf8')
    response.on('error', () => this.queue.end())
    response.on('close', () => this.queue.end())
    if (response.statusCode !== 200) {
      for await (const piece of response) pieces.push(piece)
      this.answer = answerOf(response, pieces.join(''))
    } else {
      this.answer = { status: 200, headers: response.headers, text: '', stream: true }
      assert.match(response.headers['content-type'], /^text\/event-stream/)
      response.on('data', (piece) => this.take(piece))
    }
    checkAnswer(op, this.answer)
  }

  take(piece) {
    this.rest += piece
    for (let end = this.rest.indexOf('\n\n'); end >= 0; end = this.rest.indexOf('\n\n')) {
      const block = this.rest.slice(0, end)
      this.rest = this.rest.slice(end + 2)
      this.dispatch(block.split('\n'))
    }
  }

  dispatch(lines) {
    const fields = {}
    for (const line of lines) {
      const [, name, value] =
        /^([a-z]*): ?(.*)$/s.exec(line) ?? assert.fail(`not a line of a stream: ${line}`)
      if (name) fields[name] = name in fields ? `${fields[name]}\n${value}` : value
    }
    if (fields.data === undefined) return // a comment that keeps the connection awake
    const event = JSON.parse(fields.data)
    checkEvent(event)
    assert.equal(fields.event, event.type, 'the event is named by its type')
    assert.equal(fields.id, event.cursor, 'its id is its cursor')
    this.queue.push(event)
  }

  next(ms) {
    return this.queue.next(ms)
  }

  find(fits, what, ms) {
    return this.queue.find(fits, what, ms)
  }

  pause() {
    this.response.pause()
  }

  resume() {
    this.response.resume()
  }

  destroy() {
    this.request.destroy()
  }
}
