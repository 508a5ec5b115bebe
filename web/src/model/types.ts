// types.ts - the API's schemas under short names, and what only the page knows.
import type { components } from '../api.gen.js'

type Schemas = components['schemas']
export type Author = Schemas['Author']
export type Channel = Schemas['Channel']
export type Event = Schemas['Event']
export type Invite = Schemas['Invite']
export type Member = Schemas['Member']
export type Message = Schemas['Message']
export type MessagePage = Schemas['MessagePage']
export type Peer = Schemas['Peer']
export type ReactionGroup = Schemas['ReactionGroup']
export type Role = Schemas['Role']
export type Space = Schemas['Space']
export type Sync = Schemas['Sync']

// A message of this page that the node has not yet said to hold.
export interface Pending {
  key: string // Idempotency-Key; the canonical message brings it back
  channel: string
  text: string
  at_ms: number
  state: 'saving' | 'failed'
  reason: string // why it failed; empty while it is saved
  again: boolean // it failed because the node did not answer: it goes again by itself
}

// The loaded, gapless end of a channel's messages, ascending by place.
export interface Timeline {
  items: readonly Message[]
  before: string | null // ask with it for what is older
  complete: boolean // nothing is older
}

// Everything the page knows of a space. Never changed in place.
export interface SpaceData {
  space: Space
  cursor: string | null // where the events go on
  loaded: boolean // channels and members were read
  me: string | null // the user whose device this is
  channels: readonly Channel[]
  members: readonly Member[]
  names: ReadonlyMap<string, string> // of users, also of those who left
  timelines: ReadonlyMap<string, Timeline>
  latest: ReadonlyMap<string, { place: string; mine: boolean }> // the last message of a channel
  outbox: readonly Pending[]
  peers: readonly Peer[] | null
  sync: Sync | null
}
