// places.ts - where the switcher leads: unread first, then recent; by how well a name fits.

export interface Place {
  kind: 'channel' | 'workspace'
  name: string
  detail: string
  unread: boolean
  recent: string // the place of the last message; later is greater
  space: string
  channel: string
}

// 0: begins so, 1: a word of it does, 2: holds it, 3: holds its letters in order, -1: no.
function fit(name: string, query: string): number {
  const text = name.toLowerCase()
  if (text.startsWith(query)) return 0
  if (new RegExp(`[\\s\\-_.]${query.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).test(text)) return 1
  if (text.includes(query)) return 2
  let at = 0
  for (const char of query) {
    at = text.indexOf(char, at) + 1
    if (at === 0) return -1
  }
  return 3
}

// `#` at the front asks for channels only.
export function rank(places: readonly Place[], typed: string): Place[] {
  const channels = typed.startsWith('#')
  const query = typed.replace(/^#/, '').trim().toLowerCase()
  return places
    .filter((place) => !channels || place.kind === 'channel')
    .map((place) => ({ place, score: fit(place.name, query) }))
    .filter(({ score }) => score >= 0)
    .sort(
      (a, b) =>
        a.score - b.score ||
        Number(b.place.unread) - Number(a.place.unread) ||
        Number(a.place.kind === 'workspace') - Number(b.place.kind === 'workspace') ||
        (a.place.recent < b.place.recent ? 1 : a.place.recent > b.place.recent ? -1 : 0)
    )
    .map(({ place }) => place)
}
