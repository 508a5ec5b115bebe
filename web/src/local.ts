// local.ts - what this browser remembers between visits. Storage that is full or forbidden only
// means that less is remembered.
import { signal } from '@preact/signals'
import type { Pending } from './model/types.js'

function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(key)
    return text === null ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Only a convenience is lost.
  }
}

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'comfortable' | 'compact'
export const theme = signal<Theme>(read('topo.theme', 'system'))
export const density = signal<Density>(read('topo.density', 'comfortable'))

export function setTheme(value: Theme): void {
  theme.value = value
  write('topo.theme', value)
  show()
}
export function setDensity(value: Density): void {
  density.value = value
  write('topo.density', value)
  show()
}
// theme.js does the same before the first paint.
function show(): void {
  document.documentElement.dataset['theme'] = theme.value
  document.documentElement.dataset['density'] = density.value
}

// Per space: the place up to which each channel was read. `undefined`: never seen in this browser.
export const reads = signal<Record<string, Record<string, string> | undefined>>({})

export function readsOf(space: string): Record<string, string> | undefined {
  if (!(space in reads.peek())) {
    const stored = read<Record<string, string> | null>(`topo.read.${space}`, null) ?? undefined
    reads.value = { ...reads.peek(), [space]: stored }
  }
  return reads.value[space]
}
export function setReads(space: string, value: Record<string, string>): void {
  reads.value = { ...reads.peek(), [space]: value }
  write(`topo.read.${space}`, value)
}

export function draftOf(space: string, channel: string): string {
  return read(`topo.draft.${space}.${channel}`, '')
}
export const drafts = signal(0) // grows when a draft appears or goes
export function setDraft(space: string, channel: string, text: string): void {
  const had = draftOf(space, channel) !== ''
  write(`topo.draft.${space}.${channel}`, text === '' ? null : text)
  if (had !== (text !== '')) drafts.value += 1
}

export function outboxOf(space: string): Pending[] {
  return read<Pending[]>(`topo.outbox.${space}`, [])
}
export function setOutbox(space: string, outbox: readonly Pending[]): void {
  write(`topo.outbox.${space}`, outbox.length === 0 ? null : outbox)
}

export function lastChannel(space: string): string | null {
  return read(`topo.last.${space}`, null)
}
export function lastHash(): string {
  return read('topo.last', '')
}
export function setLast(hash: string, space?: string, channel?: string): void {
  write('topo.last', hash)
  if (space && channel) write(`topo.last.${space}`, channel)
}
