// route.ts - every view has a URL: what a hash says, and the hash of a view.

export type Route =
  | { view: 'home' }
  | { view: 'start' } // create or join
  | { view: 'create' }
  | { view: 'join' }
  | { view: 'space'; space: string }
  | { view: 'channel'; space: string; channel: string; members: boolean }
  | { view: 'network'; space: string }

const ID = /^[A-Za-z0-9_-]{43}$/

export function parseRoute(hash: string): Route {
  const [top, space, kind, channel, panel] = hash.replace(/^#?\/?/, '').split('/')
  if (top === 'start' || top === 'create' || top === 'join') return { view: top }
  if (top !== 's' || !space || !ID.test(space)) return { view: 'home' }
  if (kind === 'network') return { view: 'network', space }
  if (kind === 'c' && channel && ID.test(channel)) {
    return { view: 'channel', space, channel, members: panel === 'members' }
  }
  return { view: 'space', space }
}

export function formatRoute(route: Route): string {
  switch (route.view) {
    case 'home':
      return '#/'
    case 'start':
    case 'create':
    case 'join':
      return `#/${route.view}`
    case 'space':
      return `#/s/${route.space}`
    case 'network':
      return `#/s/${route.space}/network`
    case 'channel':
      return `#/s/${route.space}/c/${route.channel}${route.members ? '/members' : ''}`
  }
}

// The code in `#c=CODE`, which the link of `topo open` carries; null without one.
export function codeOf(hash: string): string | null {
  const match = /^#c=([A-Za-z0-9_-]{1,64})$/.exec(hash)
  return match ? match[1]! : null
}
