// ui.ts - what is shown: the view of the address, the open dialog, the drawer of a narrow window.
import { effect, signal } from '@preact/signals'
import { formatRoute, parseRoute, type Route } from './model/route.js'
import { setLast } from './local.js'

export type DialogKind = 'invite' | 'channel' | 'switch' | 'shortcuts' | 'settings'

export const route = signal<Route>(parseRoute(location.hash))
export const dialog = signal<DialogKind | null>(null)
export const drawer = signal(false)

export function follow(): void {
  route.value = parseRoute(location.hash)
  drawer.value = false
}

export function go(to: Route, replace = false): void {
  const hash = formatRoute(to)
  if (replace) history.replaceState(null, '', hash)
  else if (hash !== location.hash) history.pushState(null, '', hash)
  follow()
}

effect(() => {
  const at = route.value
  if (at.view === 'channel') setLast(formatRoute(at), at.space, at.channel)
  else if (at.view === 'network') setLast(formatRoute(at))
})

// A link that stays in the page, and still opens elsewhere when it is asked to.
export function href(to: Route): { href: string; onClick: (event: MouseEvent) => void } {
  return {
    href: formatRoute(to),
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
      event.preventDefault()
      go(to)
    }
  }
}
