// space.ts - what happens to a space's data: snapshots, events, optimistic messages. Pure.
import type {
  Channel,
  Event,
  Member,
  Message,
  MessagePage,
  Pending,
  Space,
  SpaceData,
  Timeline
} from './types.js'
import { remove, upsert, withPage } from './timeline.js'

export function emptySpace(space: Space): SpaceData {
  return {
    space,
    cursor: null,
    loaded: false,
    me: null,
    channels: [],
    members: [],
    names: new Map(),
    timelines: new Map(),
    latest: new Map(),
    outbox: [],
    peers: null,
    sync: null
  }
}

// What was read anew; `cursor` is that of the first of the reads, so that no event between is missed.
export function withSnapshot(
  data: SpaceData,
  cursor: string | null,
  channels: readonly Channel[],
  members: readonly Member[]
): SpaceData {
  return {
    ...data,
    cursor,
    loaded: true,
    channels,
    members,
    me: members.find((member) => member.is_me)?.user ?? data.me,
    names: named(data.names, members)
  }
}

function named(names: ReadonlyMap<string, string>, people: readonly { user: string; name: string }[]) {
  if (people.every((one) => one.name === '' || names.get(one.user) === one.name)) return names
  const next = new Map(names)
  for (const one of people) if (one.name !== '') next.set(one.user, one.name)
  return next
}

// Events that arrived together, in their order. `arrived` are messages that may be news to people,
// `reset` says that everything must be read anew.
export function applyBatch(
  data: SpaceData,
  events: readonly Event[]
): { data: SpaceData; arrived: Message[]; reset: boolean } {
  const messages = new Map<string, Message | null>()
  let next = data
  let reset = false
  for (const event of events) {
    if (event.type === 'message') messages.set(event.data.message, event.data)
    else if (event.type === 'message.gone') messages.set(event.data.message, null)
    else next = applyOne(next, event)
    if (event.type === 'reset') reset = true
    if ('cursor' in event) next = { ...next, cursor: event.cursor }
  }
  // As another user from now on, what is mine in messages is not what was read.
  const { me } = data
  if (me !== null && (next.me !== me || !next.members.some((one) => one.user === me))) {
    reset ||= data.members.some((one) => one.user === me)
  }
  const arrived: Message[] = []
  if (messages.size > 0) next = applyMessages(next, messages, arrived)
  return { data: next, arrived, reset }
}

function applyOne(data: SpaceData, event: Event): SpaceData {
  switch (event.type) {
    case 'channel':
      return { ...data, channels: put(data.channels, event.data, (one) => one.channel) }
    case 'channel.gone':
      return { ...data, channels: data.channels.filter((one) => one.channel !== event.data.channel) }
    case 'member':
      return {
        ...data,
        members: put(data.members, event.data, (one) => one.user),
        me: event.data.is_me ? event.data.user : data.me,
        names: named(data.names, [event.data])
      }
    case 'member.gone':
      return {
        ...data,
        members: data.members.filter((one) => one.user !== event.data.user),
        names: named(data.names, [event.data])
      }
    case 'workspace':
      return { ...data, space: { ...data.space, name: event.data.name } }
    case 'space':
      return { ...data, space: event.data }
    case 'sync':
      return { ...data, sync: event.data }
    case 'peers':
      return { ...data, peers: event.data.items }
    default:
      return data
  }
}

function put<T>(list: readonly T[], one: T, id: (one: T) => string): readonly T[] {
  const at = list.findIndex((held) => id(held) === id(one))
  return at < 0 ? [...list, one] : [...list.slice(0, at), one, ...list.slice(at + 1)]
}

// The last word on each message: what it is now, or null when it is shown no more.
function applyMessages(
  data: SpaceData,
  messages: ReadonlyMap<string, Message | null>,
  arrived: Message[]
): SpaceData {
  const gone = new Set<string>()
  const perChannel = new Map<string, Message[]>()
  const latest = new Map(data.latest)
  for (const [id, message] of messages) {
    if (!message) {
      gone.add(id)
      continue
    }
    perChannel.set(message.channel, [...(perChannel.get(message.channel) ?? []), message])
    const last = latest.get(message.channel)
    if (!last || message.place > last.place) {
      latest.set(message.channel, { place: message.place, mine: message.author.user === data.me })
      arrived.push(message)
    }
  }
  const timelines = new Map(data.timelines)
  for (const [channel, timeline] of data.timelines) {
    let now: Timeline = gone.size > 0 ? remove(timeline, gone) : timeline
    const fresh = perChannel.get(channel)
    if (fresh) now = upsert(now, fresh)
    timelines.set(channel, now)
  }
  return { ...data, timelines, latest, outbox: withoutSent(data.outbox, [...messages.values()]) }
}

// The newest page of a channel, or an older one. `during` are the events of the channel that came
// while the page was under way: the page may or may not show them.
export function withMessages(
  data: SpaceData,
  channel: string,
  page: MessagePage,
  limit: number,
  during: readonly Event[],
  replace: boolean
): SpaceData {
  const held = replace ? undefined : data.timelines.get(channel)
  const timelines = new Map(data.timelines).set(channel, withPage(held, page, limit))
  const latest = new Map(data.latest)
  const last = page.items[page.items.length - 1]
  if (last && last.place > (latest.get(channel)?.place ?? '')) {
    latest.set(channel, { place: last.place, mine: last.author.user === data.me })
  }
  const next = { ...data, timelines, latest, outbox: withoutSent(data.outbox, page.items) }
  return applyBatch(
    next,
    during.filter((event) => event.type.startsWith('message'))
  ).data
}

// The answer to a message sent from here. An event may have told of a later state of it already.
export function withSent(data: SpaceData, message: Message): SpaceData {
  const held = data.timelines.get(message.channel)?.items
  if (held?.some((item) => item.message === message.message)) {
    return { ...data, outbox: withoutSent(data.outbox, [message]) }
  }
  return applyMessages(data, new Map([[message.message, message]]), [])
}

function withoutSent(outbox: readonly Pending[], messages: readonly (Message | null)[]) {
  const keys = new Set(messages.map((message) => message?.idempotency_key))
  return outbox.some((one) => keys.has(one.key)) ? outbox.filter((one) => !keys.has(one.key)) : outbox
}

export function withPending(data: SpaceData, pending: Pending): SpaceData {
  return { ...data, outbox: put(data.outbox, pending, (one) => one.key) }
}

export function withoutPending(data: SpaceData, key: string): SpaceData {
  return { ...data, outbox: data.outbox.filter((one) => one.key !== key) }
}

// Is there anything in the channel that was not read up to `read`?
export function isUnread(data: SpaceData, channel: string, read: string | undefined): boolean {
  const last = data.latest.get(channel)
  return last !== undefined && !last.mine && last.place > (read ?? '')
}
