// world.mjs - what workspace.json holds, read by the rules alone: its events decoded and opened, and
// its credentials.
import { hex, unhex } from './bytes.mjs'
import {
  decodeEvent,
  decodeRecord,
  headerKeyOf,
  leafOf,
  openContent,
  rootOf,
  TYPES,
  userOf
} from './events.mjs'

export const isAuthority = (e) => e.type <= 0x000f
const CREDENTIALS = [1, 2, 3, 5]

export class World {
  constructor(vectors) {
    this.workspace = unhex(vectors.workspace)
    this.secret = unhex(vectors.epoch.secret)
    this.events = vectors.events.map((event) => decodeEvent(this.workspace, unhex(event.bytes)))
    this.records = vectors.records.map((record) => decodeRecord(this.workspace, unhex(record.bytes)))
    this.byId = new Map(this.events.map((e) => [hex(e.id), e]))
    for (const e of this.events)
      if (e.kind === 2) openContent(leafOf(rootOf(this.secret, e.epoch), e.tag, e.seq), e)
  }

  get(id) {
    const e = this.byId.get(hex(id))
    if (!e) throw new Error(`${hex(id)} is not among the events`)
    return e
  }

  ofType(name) {
    return this.events.filter((e) => TYPES[e.type].name === name)
  }

  get genesis() {
    return this.ofType('workspace')[0]
  }

  get headerKey() {
    return headerKeyOf(this.secret, this.ofType('epoch')[0].id)
  }

  isCredential(e) {
    return CREDENTIALS.includes(e.type)
  }

  deviceOf(credential) {
    return credential.type === 1 ? credential.signer : credential.body.device
  }

  /** The user of a credential (§4). */
  userOfCredential(credential) {
    if (credential.type === 3) return this.userOfCredential(this.get(credential.auth))
    if (credential.type === 2) return credential.body.user
    return userOf(this.workspace, this.deviceOf(credential))
  }

  roleOfCredential(credential) {
    if (credential.type === 3) return this.roleOfCredential(this.get(credential.auth))
    if (credential.type === 2) return credential.body.role
    return credential.type === 1 ? 0 : this.get(credential.body.invite).body.role
  }

  /** Everything that an event has in its past (§4). */
  past(e, seen = new Set()) {
    const references = [e.auth, e.prev, ...e.parents, ...(e.type === 5 ? [e.body.invite] : [])]
    for (const id of references.filter((reference) => reference.some((byte) => byte))) {
      if (seen.has(hex(id))) continue
      seen.add(hex(id))
      this.past(this.get(id), seen)
    }
    return seen
  }
}
