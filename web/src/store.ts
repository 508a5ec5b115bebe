// store.ts - the spaces of the node as signals: filled by reads, kept true by the event socket.
import { batch, computed, signal, type Signal } from '@preact/signals'
import { call, client, failureText, ApiError } from './api.js'
import { EventSocket, type Socket } from './model/event_socket.js'
import {
  applyBatch,
  emptySpace,
  withMessages,
  withPending,
  withSent,
  withSnapshot,
  withoutPending
} from './model/space.js'
import type { Event, Message, Pending, Space, SpaceData } from './model/types.js'
import { currentToken, denied } from './session.js'
import { outboxOf, readsOf, setOutbox, setReads } from './local.js'

export const PAGE = 60 // messages of one read
const KEY_LIFE_MS = 23 * 3600 * 1000 // the node remembers a key for a day
const RETRY_MS = 2000 // until a message goes again that the node did not take
const SEND_PARALLEL_MAX = 1 // messages go in the order in which they were written
export const OUTBOX_MAX = 100 // messages of a space that are not saved yet

export const spaces = signal<readonly string[] | null>(null) // null: not read yet
export const link = signal<'connecting' | 'open' | 'down'>('connecting')
export const notice = signal<string | null>(null) // something people should hear of
export const arrivals = signal<readonly Message[]>([]) // of the last flush, by others

const held = new Map<string, Signal<SpaceData>>()
const loading = new Map<string, Event[]>() // channel → events since its page was asked for
const snapshots = new Set<string>() // spaces that are being read
const stale = new Set<string>() // of those, the ones to read once more

export function spaceOf(id: string): Signal<SpaceData> | undefined {
  return held.get(id)
}
export const spaceList = computed(() => (spaces.value ?? []).map((id) => held.get(id)!.value))

export function tell(text: string): void {
  notice.value = text
  setTimeout(() => {
    if (notice.peek() === text) notice.value = null
  }, 6000)
}

function change(id: string, how: (data: SpaceData) => SpaceData): void {
  const data = held.get(id)
  if (!data) return
  const before = data.peek()
  const after = how(before)
  if (before.outbox !== after.outbox) setOutbox(id, after.outbox)
  data.value = after
}

/* ---- events ---- */

let queue: Event[] = []
let planned = false

// One flush a frame. A hidden page gets no frames, and still counts what is unread.
function enqueue(events: Event[]): void {
  queue.push(...events)
  if (planned) return
  planned = true
  if (document.hidden) setTimeout(flush, 100)
  else requestAnimationFrame(flush)
}

function flush(): void {
  planned = false
  const events = queue
  queue = []
  const perSpace = new Map<string, Event[]>()
  for (const event of events) {
    if (!('space' in event)) continue
    const list = perSpace.get(event.space) ?? []
    list.push(event)
    perSpace.set(event.space, list)
    if (event.type === 'message') loading.get(event.data.channel)?.push(event)
    if (event.type === 'message.gone') for (const journal of loading.values()) journal.push(event)
  }
  batch(() => {
    const news: Message[] = []
    for (const [id, list] of perSpace) news.push(...applyTo(id, list))
    arrivals.value = news
  })
}

function applyTo(id: string, events: Event[]): Message[] {
  const data = held.get(id)
  if (!data) return []
  const wasReady = data.peek().space.state === 'ready' && data.peek().loaded
  let news: Message[] = []
  let reset = false
  change(id, (before) => {
    const result = applyBatch(before, events)
    news = result.arrived.filter((message) => message.author.user !== result.data.me)
    reset = result.reset
    return result.data
  })
  if (reset || (!wasReady && data.peek().space.state === 'ready')) void snapshot(id, reset)
  return news
}

const eventSocket = new EventSocket({
  open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/events/ws`) as unknown as Socket,
  token: currentToken,
  subscriptions: () =>
    [...held.values()].slice(0, 64).map((data) => {
      const { space, cursor } = data.peek()
      return cursor ? { space: space.space, since: cursor } : { space: space.space }
    }),
  batch: enqueue,
  state: (state) => {
    const back = state === 'open' && link.peek() === 'down'
    link.value = state
    if (state === 'open') void resume(back)
  },
  denied,
  later: (run, delay_ms) => setTimeout(run, delay_ms)
})

async function resume(again: boolean): Promise<void> {
  if (again || spaces.peek() === null) await readSpaces().catch(() => {})
  for (const data of held.values()) {
    const { space, loaded } = data.peek()
    // What a read that failed left out is read now.
    if (space.state === 'ready') void (loaded ? prefetch(space.space, false) : snapshot(space.space, false))
    retryAll(space.space)
  }
}

window.addEventListener('online', () => eventSocket.nudge())
document.addEventListener('visibilitychange', () => document.hidden || eventSocket.nudge())

/* ---- reads ---- */

// Everything from the beginning, after a token was got; the space that is shown comes first.
export async function start(shown: string | null): Promise<void> {
  try {
    await readSpaces()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 0) link.value = 'down'
  }
  eventSocket.start()
  const ready = [...held.values()].map((data) => data.peek().space).filter((space) => space.state === 'ready')
  ready.sort((a, b) => Number(b.space === shown) - Number(a.space === shown))
  for (const { space } of ready) await snapshot(space, false)
}

export function stop(): void {
  eventSocket.stop()
}

async function readSpaces(): Promise<void> {
  const { data } = await call(client.GET('/v1/spaces'))
  batch(() => {
    for (const space of data.items) adopt(space)
    spaces.value = data.items.map((space) => space.space)
  })
}

// A space that the node has: kept, or begun.
function adopt(space: Space): void {
  if (held.has(space.space)) {
    change(space.space, (data) => ({ ...data, space }))
    return
  }
  const outbox = outboxOf(space.space).map(interrupted)
  held.set(space.space, signal({ ...emptySpace(space), outbox }))
}

// What an earlier page left unsaid goes again, as long as the node would know its key.
function interrupted(pending: Pending): Pending {
  const young = Date.now() - pending.at_ms < KEY_LIFE_MS
  return {
    ...pending,
    state: 'failed',
    again: young,
    reason: 'The page was closed before the node answered.'
  }
}

async function snapshot(id: string, reset: boolean): Promise<void> {
  if (snapshots.has(id)) {
    if (reset) stale.add(id)
    return
  }
  snapshots.add(id)
  try {
    const path = { params: { path: { space: id } } }
    const channels = await call(client.GET('/v1/spaces/{space}/channels', path))
    const members = await call(client.GET('/v1/spaces/{space}/members', path))
    const cursor = channels.headers.get('Topo-Cursor')
    const first = !held.get(id)!.peek().loaded
    change(id, (data) =>
      withSnapshot(data, reset ? data.cursor : cursor, channels.data.items, members.data.items)
    )
    if (link.peek() === 'open' && first && cursor) eventSocket.subscribe([{ space: id, since: cursor }])
    await prefetch(id, reset)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  } finally {
    snapshots.delete(id)
    if (stale.delete(id)) void snapshot(id, true)
  }
}

// The newest page of each channel, so that changing to it shows it at once.
const PREFETCH_MAX = 30
async function prefetch(id: string, reset: boolean): Promise<void> {
  const data = held.get(id)!
  const shown = data.peek().channels.slice(0, PREFETCH_MAX)
  const loaded = data.peek().timelines
  for (const one of shown) {
    if (!reset || loaded.has(one.channel)) await loadNewest(id, one.channel, reset)
  }
  if (readsOf(id) === undefined && shown.every((one) => data.peek().timelines.has(one.channel))) {
    setReads(id, Object.fromEntries([...data.peek().latest].map(([channel, last]) => [channel, last.place])))
  }
}

export async function loadNewest(id: string, channel: string, replace = false): Promise<void> {
  if (!replace && held.get(id)?.peek().timelines.has(channel)) return
  await loadPage(id, channel, undefined, replace)
}

export async function loadOlder(id: string, channel: string): Promise<void> {
  const timeline = held.get(id)?.peek().timelines.get(channel)
  if (timeline && !timeline.complete && timeline.before) await loadPage(id, channel, timeline.before, false)
}

async function loadPage(id: string, channel: string, before: string | undefined, replace: boolean) {
  if (loading.has(channel)) return
  loading.set(channel, [])
  try {
    const query = before ? { before, limit: PAGE } : { limit: PAGE }
    const { data } = await call(
      client.GET('/v1/spaces/{space}/channels/{channel}/messages', {
        params: { path: { space: id, channel }, query }
      })
    )
    const during = loading.get(channel)!
    change(id, (space) => withMessages(space, channel, data, PAGE, during, replace))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  } finally {
    loading.delete(channel)
  }
}

/* ---- writes ---- */

export function send(id: string, channel: string, text: string): void {
  const pending: Pending = {
    key: crypto.randomUUID(),
    channel,
    text,
    at_ms: Date.now(),
    state: 'saving',
    reason: '',
    again: false
  }
  change(id, (data) => withPending(data, pending))
  void pump(id)
}

export function retry(id: string, pending: Pending): void {
  const old = Date.now() - pending.at_ms > KEY_LIFE_MS
  const next: Pending = old ? { ...pending, key: crypto.randomUUID(), at_ms: Date.now() } : pending
  change(id, (data) =>
    withPending(old ? withoutPending(data, pending.key) : data, { ...next, state: 'saving', reason: '' })
  )
  void pump(id)
}

export function discard(id: string, key: string): void {
  change(id, (data) => withoutPending(data, key))
}

function retryAll(id: string): void {
  const data = held.get(id)!.peek()
  for (const one of data.outbox) if (one.state === 'failed' && one.again) retry(id, one)
}

const sending = new Map<string, number>()

async function pump(id: string): Promise<void> {
  if ((sending.get(id) ?? 0) >= SEND_PARALLEL_MAX) return
  sending.set(id, 1)
  try {
    const tried = new Set<string>()
    for (;;) {
      const next = held
        .get(id)!
        .peek()
        .outbox.find((one) => one.state === 'saving' && !tried.has(one.key))
      if (!next) return
      tried.add(next.key)
      await post(id, next)
    }
  } finally {
    sending.delete(id)
  }
}

async function post(id: string, pending: Pending): Promise<void> {
  try {
    const { data } = await call(
      client.POST('/v1/spaces/{space}/channels/{channel}/messages', {
        params: { path: { space: id, channel: pending.channel }, header: { 'Idempotency-Key': pending.key } },
        body: { text: pending.text }
      })
    )
    change(id, (space) => withoutPending(withSent(space, data), pending.key))
  } catch (error) {
    const again =
      error instanceof ApiError && (error.status === 0 || error.status === 503 || error.status === 401)
    change(id, (data) =>
      data.outbox.some((one) => one.key === pending.key)
        ? withPending(data, { ...pending, state: 'failed', reason: failureText(error), again })
        : data
    )
    // A node that has just started may not be ready yet. One that is gone is waited for by the event socket.
    if (again) setTimeout(() => link.peek() === 'open' && retryAll(id), RETRY_MS)
  }
}

// Reactions that were asked for and not yet seen: message + emoji.
export const reacting = signal<ReadonlySet<string>>(new Set())

export async function react(id: string, message: string, emoji: string): Promise<void> {
  const mark = `${message} ${emoji}`
  if (reacting.peek().has(mark)) return
  reacting.value = new Set(reacting.peek()).add(mark)
  try {
    await call(
      client.POST('/v1/spaces/{space}/messages/{message}/reactions', {
        params: { path: { space: id, message }, header: { 'Idempotency-Key': crypto.randomUUID() } },
        body: { emoji }
      })
    )
    const { data } = await call(
      client.GET('/v1/spaces/{space}/messages/{message}', {
        params: { path: { space: id, message } }
      })
    )
    applyAnswer(id, { type: 'message', space: id, cursor: '', data })
  } catch (error) {
    tell(`The reaction was not added. ${failureText(error)}`)
  } finally {
    const next = new Set(reacting.peek())
    next.delete(mark)
    reacting.value = next
  }
}

// What an answer says, as if an event had; where events go on stays as it is.
function applyAnswer(id: string, event: Event): void {
  change(id, (data) => ({ ...applyBatch(data, [event]).data, cursor: data.cursor }))
}

export async function createChannel(id: string, name: string, key: string): Promise<string> {
  const { data } = await call(
    client.POST('/v1/spaces/{space}/channels', {
      params: { path: { space: id }, header: { 'Idempotency-Key': key } },
      body: { name }
    })
  )
  applyAnswer(id, { type: 'channel', space: id, cursor: '', data })
  return data.channel
}

export async function createWorkspace(name: string, user_name: string, key: string): Promise<string> {
  const { data } = await call(
    client.POST('/v1/workspaces', {
      params: { header: { 'Idempotency-Key': key } },
      body: { name, user_name }
    })
  )
  return begin(data)
}

export async function joinWorkspace(invite: string, user_name: string, key: string): Promise<string> {
  const { data } = await call(
    client.POST('/v1/joins', {
      params: { header: { 'Idempotency-Key': key } },
      body: { link: invite, user_name }
    })
  )
  return begin(data)
}

async function begin(space: Space): Promise<string> {
  batch(() => {
    adopt(space)
    if (!spaces.peek()?.includes(space.space)) spaces.value = [...(spaces.peek() ?? []), space.space]
  })
  eventSocket.subscribe([{ space: space.space }])
  if (space.state === 'ready') await snapshot(space.space, false)
  return space.space
}

// What events tell of the network, read once: the first event may be a while in coming.
export async function refreshNetwork(id: string): Promise<void> {
  const path = { params: { path: { space: id } } }
  try {
    const [peers, sync] = await Promise.all([
      call(client.GET('/v1/spaces/{space}/peers', path)),
      call(client.GET('/v1/spaces/{space}/sync', path))
    ])
    change(id, (data) => ({ ...data, peers: data.peers ?? peers.data.items, sync: data.sync ?? sync.data }))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}
