// mirror.mjs - a client's own copy of a space: read once, then only patched by events, as the
// descriptions of Event say. And the reader of everything that it is compared with.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { until } from './wait.mjs'

const byText = (key) => (a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0)

// All messages of a channel, page by page from the oldest.
async function allMessages(client, path) {
  let page = await client.ok('listMessages', { path, query: { limit: 200 } })
  const items = page.items
  while (page.items.length) {
    page = await client.ok('listMessages', { path, query: { limit: 200, before: page.before } })
    items.unshift(...page.items)
  }
  return items
}

// { channels, members, messages }, each in an order of its own that does not depend on who reads.
export async function readAll(client, space) {
  const path = { space }
  const channels = (await client.ok('listChannels', { path })).items
  const members = (await client.ok('listMembers', { path })).items
  const messages = []
  for (const { channel } of channels) {
    const items = await allMessages(client, { space, channel })
    const places = items.map((item) => item.place)
    assert.deepEqual(places, [...places].sort(), 'a channel is in the order of its places')
    messages.push(...items)
  }
  return {
    channels: [...channels].sort(byText('channel')),
    members: [...members].sort(byText('user')),
    messages: messages.sort(byText('message'))
  }
}

export class Mirror {
  constructor(client, space, kind) {
    Object.assign(this, { client, space, kind, names: new Map() })
    for (const table of ['channels', 'members', 'messages']) this[table] = new Map()
  }

  async start() {
    this.cursor = (await this.client.call('listChannels', { path: { space: this.space } })).headers[
      'topo-cursor'
    ]
    // What is read after the cursor may already be in what follows it: applying it again does no harm.
    const { channels, members, messages } = await readAll(this.client, this.space)
    for (const item of channels) this.channels.set(item.channel, item)
    for (const item of members) this.members.set(item.user, item)
    for (const item of messages) this.messages.set(item.message, item)
    await this.connect()
    this.running = this.run()
    this.running.catch(() => {}) // told by `reaches`
  }

  async connect() {
    const { space, cursor: since } = this
    this.link =
      this.kind === 'socket'
        ? await this.client.socket({ subscribe: [{ space, since }] })
        : await this.client.events({ query: { space, since } })
  }

  // Goes on after the last event that it applied whenever its connection ends.
  async run() {
    while (!this.stopped) {
      const event = await this.link.next(600_000)
      if (event) this.apply(event)
      else if (!this.stopped) await this.connect()
    }
  }

  // Ends the connection; what has arrived and was not applied is lost with it.
  cut() {
    this.link.destroy()
    this.link.queue.items.length = 0
    this.link.queue.end()
  }

  apply(event) {
    const { data } = event
    this.cursor = event.cursor ?? this.cursor
    switch (event.type) {
      case 'message':
        this.messages.set(data.message, data)
        break
      case 'message.gone':
        this.messages.delete(data.message)
        break
      case 'channel':
        this.channels.set(data.channel, data)
        break
      case 'channel.gone':
        this.channels.delete(data.channel)
        break
      case 'member':
        this.members.set(data.user, data)
        this.rename(data)
        break
      case 'member.gone':
        this.members.delete(data.user)
        this.rename(data)
        break
      case 'reset':
      case 'problem':
        assert.fail(`the stream ended: ${JSON.stringify(event)}`)
    }
  }

  rename({ user, name }) {
    for (const table of [this.messages, this.channels])
      for (const [id, item] of table)
        if (item.author.user === user) table.set(id, { ...item, author: { user, name } })
  }

  state() {
    return {
      channels: [...this.channels.values()].sort(byText('channel')),
      members: [...this.members.values()].sort(byText('user')),
      messages: [...this.messages.values()].sort(byText('message'))
    }
  }

  // Waits until the events have told all of `truth`, for a while; what differs then is the caller's to show.
  async reaches(truth) {
    const failed = this.running.then(() => false)
    await Promise.race([
      failed,
      until(() => isDeepStrictEqual(this.state(), truth), 'the events tell what the reads tell', 15_000)
    ]).catch((error) => {
      if (!/not within/.test(error.message)) throw error
    })
  }

  stop() {
    this.stopped = true
    this.cut()
  }
}
