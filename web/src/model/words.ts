// words.ts - numbers, times and states as people read them.
import type { SpaceData, Sync } from './types.js'

const number = new Intl.NumberFormat('en')
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en', { weekday: 'long', month: 'long', day: 'numeric' })
const dayYear = new Intl.DateTimeFormat('en', { month: 'long', day: 'numeric', year: 'numeric' })
const full = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' })
const plurals = new Intl.PluralRules('en')

export const count = (value: number) => number.format(value)
export const clock = (at_ms: number) => time.format(at_ms)
export const moment = (at_ms: number) => full.format(at_ms)
export const few = (value: number, one: string, other: string) =>
  `${count(value)} ${plurals.select(value) === 'one' ? one : other}`

export function dayName(at_ms: number, now_ms: number): string {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0)
  const days = Math.round((midnight(now_ms) - midnight(at_ms)) / 86_400_000)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  const sameYear = new Date(at_ms).getFullYear() === new Date(now_ms).getFullYear()
  return (sameYear ? day : dayYear).format(at_ms)
}

// How many there will be is a guess while more may be heard of.
export function syncProgress(sync: Sync): string {
  return `${count(sync.events)} of ~${count(sync.events + sync.wanted)}`
}

function rebuildProgress(sync: Sync): string {
  const { done, total } = sync.rebuild ?? { done: 0, total: 0 }
  return `${count(done)} of ${count(total)}`
}

export interface SyncWords {
  tone: 'good' | 'busy' | 'quiet' | 'bad'
  text: string
}

export function syncWords(data: SpaceData, down: boolean): SyncWords {
  const { sync, space } = data
  if (down) return { tone: 'bad', text: 'Node not answering' }
  if (space.state === 'joining') return { tone: 'busy', text: 'Waiting for a peer' }
  if (!sync) return { tone: 'quiet', text: 'Connecting…' }
  if (sync.state === 'rebuilding') return { tone: 'busy', text: `Upgrading · ${rebuildProgress(sync)}` }
  if (sync.state === 'waiting-for-key') return { tone: 'busy', text: 'Waiting for a key' }
  if (sync.state === 'syncing') {
    return { tone: 'busy', text: sync.wanted > 0 ? `Syncing ${syncProgress(sync)}` : 'Comparing…' }
  }
  if (sync.state === 'synced') {
    return { tone: 'good', text: `In sync · ${count(sync.peers)} connected` }
  }
  return isAlone(data)
    ? { tone: 'quiet', text: 'Only you so far' }
    : { tone: 'quiet', text: 'No peer reachable' }
}

// Nobody else has joined, so there is nobody to miss.
export function isAlone(data: SpaceData): boolean {
  const devices = data.members.flatMap((member) => member.devices).filter((device) => !device.recovery)
  return data.members.length <= 1 && devices.length <= 1
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const ends = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words
  return ends.map((word) => [...word][0]!.toUpperCase()).join('') || '?'
}

// One of the hues of the style sheet, the same for an id wherever it is shown.
export const HUES = 8
export function hueOf(id: string): number {
  let sum = 0
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0
  return sum % HUES
}

// Enough of an id for people to tell two apart.
export const short = (id: string) => id.slice(0, 8)
