// timeline.ts - a channel's messages in order, and the rows that a window over them shows.
//
// Order is by `place`, compared as text, whatever order messages arrive in. Pure: nothing is changed
// in place, and what did not change stays the same object.
import type { Message, MessagePage, Timeline } from './types.js'

export const GROUP_MS = 5 * 60 * 1000 // messages of one author this close share a head
export const ROWS_MAX = 200 // rows in the page at once

export type Row =
  | { kind: 'day'; key: string; at_ms: number }
  | { kind: 'new'; key: string }
  | { kind: 'message'; key: string; message: Message; head: boolean }

// Which part is shown: what follows a place, or the end.
export type Window = { from: string } | 'end'

// The index of the first message at or after a place.
export function lowerBound(items: readonly Message[], place: string): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (items[middle]!.place < place) low = middle + 1
    else high = middle
  }
  return low
}

// New and changed messages. One that is older than everything loaded belongs to a page that is not
// loaded yet, and comes with it.
export function upsert(timeline: Timeline, messages: readonly Message[]): Timeline {
  const changed = new Map(messages.map((message) => [message.message, message]))
  const first = timeline.items[0]
  const kept: Message[] = []
  for (const item of timeline.items) {
    const now = changed.get(item.message)
    if (now && now.place === item.place) {
      kept.push(now)
      changed.delete(item.message)
    } else if (!now) {
      kept.push(item)
    }
  }
  const fresh = [...changed.values()].filter(
    (message) => timeline.complete || (first !== undefined && message.place > first.place)
  )
  return { ...timeline, items: mergeSorted(kept, fresh) }
}

export function remove(timeline: Timeline, ids: ReadonlySet<string>): Timeline {
  const items = timeline.items.filter((item) => !ids.has(item.message))
  return items.length === timeline.items.length ? timeline : { ...timeline, items }
}

// The newest page, or one older than what is loaded.
export function withPage(timeline: Timeline | undefined, page: MessagePage, limit: number): Timeline {
  const items = timeline?.items ?? []
  const known = new Set(items.map((item) => item.message))
  const complete = page.items.length < limit
  return {
    items: mergeSorted(
      items,
      page.items.filter((item) => !known.has(item.message))
    ),
    before: page.before ?? timeline?.before ?? null,
    complete
  }
}

function mergeSorted(a: readonly Message[], b: readonly Message[]): readonly Message[] {
  if (b.length === 0) return a
  const sorted = [...b].sort(byPlace)
  const last = a[a.length - 1]
  if (!last || last.place < sorted[0]!.place) return [...a, ...sorted]
  return [...a, ...sorted].sort(byPlace)
}

function byPlace(a: Message, b: Message): number {
  return a.place < b.place ? -1 : a.place > b.place ? 1 : 0
}

export function dayOf(at_ms: number): string {
  const date = new Date(at_ms)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

// A row keeps its key when the optimistic message becomes the canonical one.
export function rowKey(message: Message): string {
  return message.idempotency_key ?? message.message
}

// The rows before and of one message. `newFrom` is the place after which messages are unread.
function rowsOf(items: readonly Message[], index: number, newFrom: string | null): Row[] {
  const message = items[index]!
  const prior = items[index - 1]
  const rows: Row[] = []
  const newDay = !prior || dayOf(prior.sent_at_ms) !== dayOf(message.sent_at_ms)
  const unread = newFrom !== null && message.place > newFrom && (!prior || prior.place <= newFrom)
  if (newDay) rows.push({ kind: 'day', key: `day-${message.message}`, at_ms: message.sent_at_ms })
  if (unread) rows.push({ kind: 'new', key: 'new' })
  const head =
    newDay ||
    unread ||
    prior.author.user !== message.author.user ||
    Math.abs(message.sent_at_ms - prior.sent_at_ms) >= GROUP_MS
  rows.push({ kind: 'message', key: rowKey(message), message, head })
  return rows
}

// At most `max` rows, and the range [start, end) of the messages in them.
export function windowRows(
  items: readonly Message[],
  window: Window,
  newFrom: string | null,
  max: number = ROWS_MAX
): { rows: Row[]; start: number; end: number } {
  const groups: Row[][] = []
  let count = 0
  if (window === 'end') {
    let start = items.length
    while (start > 0) {
      const group = rowsOf(items, start - 1, newFrom)
      if (count + group.length > max) break
      count += group.length
      groups.push(group)
      start -= 1
    }
    return { rows: groups.reverse().flat(), start, end: items.length }
  }
  const start = lowerBound(items, window.from)
  let end = start
  while (end < items.length) {
    const group = rowsOf(items, end, newFrom)
    if (count + group.length > max) break
    count += group.length
    groups.push(group)
    end += 1
  }
  return { rows: groups.flat(), start, end }
}
