// subscriber.mjs - a client that follows the messages of one space over WebSocket or server-sent events,
// and goes on after the last event it has processed whenever its connection ends.
import assert from 'node:assert/strict'

export class Subscriber {
  // kind: 'socket' or 'stream'. `onMessage(subscriber)` is called after each message.
  constructor(client, kind, space, since, onMessage = () => {}) {
    Object.assign(this, { client, kind, space, cursor: since, onMessage })
    this.seen = new Map() // message id → how often it was told as new to this client
    this.connections = 0
    this.resets = 0
  }

  async connect() {
    this.connections++
    const since = this.cursor
    if (this.kind === 'socket')
      this.link = await this.client.socket({
        subscribe: [{ space: this.space, types: ['message'], ...(since && { since }) }]
      })
    else {
      // As EventSource does it: the first time by the query, afterwards by the header.
      const by =
        this.connections > 1 ? { headers: { 'Last-Event-ID': since } } : { query: since ? { since } : {} }
      this.link = await this.client.events({
        ...by,
        query: { space: this.space, types: 'message', ...by.query }
      })
    }
  }

  // Until `enough()`; connects again after each end.
  async run(enough) {
    while (!enough()) {
      await this.connect()
      for (;;) {
        const event = await this.link.next()
        if (event === undefined) break
        this.take(event)
        if (enough()) break
      }
      this.link.destroy()
    }
  }

  take(event) {
    assert.equal(event.space, this.space)
    if (event.type === 'reset') this.resets++
    else assert(['ready', 'message'].includes(event.type), `nobody asked for ${event.type}`)
    this.cursor = event.cursor
    if (event.type !== 'message') return
    this.seen.set(event.data.message, (this.seen.get(event.data.message) ?? 0) + 1)
    this.onMessage(this)
  }

  // Ends the connection without a word, in the middle of whatever it is doing.
  cut() {
    this.link.destroy()
    // What has arrived and was not processed is lost with the connection.
    this.link.queue.items.length = 0
    this.link.queue.end()
  }
}
