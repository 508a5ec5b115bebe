// keys.ts - what the shortcuts that work everywhere do.
import { shortcutOf } from './model/keymap.js'
import { isUnread } from './model/space.js'
import { readsOf } from './local.js'
import { spaceOf } from './store.js'
import { dialog, drawer, go, route, type DialogKind } from './ui.js'

export function onKey(event: KeyboardEvent): void {
  if (event.isComposing) return
  const id = shortcutOf(event, 'Everywhere')
  if (!id || !run(id)) return
  event.preventDefault()
}

// False: the key keeps the meaning that the browser gives it.
function run(id: string): boolean {
  const open = document.querySelector('dialog[open], :popover-open') !== null
  switch (id) {
    case 'switch':
    case 'shortcuts':
      return toggle(id)
    case 'close':
      return open ? false : close()
    case 'previous':
      return !open && step(-1, false)
    case 'next':
      return !open && step(1, false)
    case 'previous-unread':
      return !open && step(-1, true)
    case 'next-unread':
      return !open && step(1, true)
    case 'region':
      return !open && cycle(1)
    case 'region-back':
      return !open && cycle(-1)
    case 'members':
      return !open && members()
    default:
      return false
  }
}

function toggle(kind: DialogKind): boolean {
  if (!document.querySelector('.shell')) return false
  dialog.value = dialog.peek() === kind ? null : kind
  return true
}

function close(): boolean {
  const at = route.peek()
  if (drawer.peek()) drawer.value = false
  else if (at.view === 'channel' && at.members) go({ ...at, members: false })
  document.querySelector<HTMLElement>('.composer textarea')?.focus()
  return true
}

function step(by: number, unreadOnly: boolean): boolean {
  const at = route.peek()
  if (!('space' in at)) return false
  const data = spaceOf(at.space)?.peek()
  if (!data) return false
  const reads = readsOf(at.space) ?? {}
  const list = data.channels
  const from =
    at.view === 'channel' ? list.findIndex((one) => one.channel === at.channel) : by > 0 ? -1 : list.length
  for (let index = from + by; index >= 0 && index < list.length; index += by) {
    const channel = list[index]!.channel
    if (unreadOnly && !isUnread(data, channel, reads[channel])) continue
    go({ view: 'channel', space: at.space, channel, members: at.view === 'channel' && at.members })
    break
  }
  return true
}

function members(): boolean {
  const at = route.peek()
  if (at.view !== 'channel') return false
  go({ ...at, members: !at.members })
  return true
}

const FOCUSABLE = "a[href], button:not(:disabled), textarea, input, [tabindex='0']"

function cycle(by: number): boolean {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (one) => one.offsetParent !== null
  )
  if (regions.length === 0) return false
  const at = regions.findIndex((one) => one.contains(document.activeElement))
  const next = regions[(at + by + regions.length) % regions.length]!
  const target =
    next.querySelector<HTMLElement>("[aria-current='page'], article[tabindex='0']") ??
    next.querySelector<HTMLElement>(FOCUSABLE) ??
    next
  target.focus()
  return true
}
