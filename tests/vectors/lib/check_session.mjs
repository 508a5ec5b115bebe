// check_session.mjs - session.json: every frame of two connections is made again from the events that
// its sender has, and compared.
//
// A side has the events and device records that it was sent, and those that it has made itself. How
// many of its own it had made when it sent a frame, and how many of the others it had dealt with, is not written down:
// the frame must fit one of the possibilities.
import { equal, hex, join, Reader, u16, u32, u64, u8, unhex, zero } from './bytes.mjs'
import { proven, countersigned, userOf } from './events.mjs'
import { publicKey, sign } from './curve.mjs'
import { answer, digestOf, initiate, pageDigestOf, pageOf, timestampOf } from './sets.mjs'
import { World } from './world.mjs'

const STREAMS = ['control', 'bulk', 'live']
const BOOTSTRAP = ['OFFER', 'JOIN', 'WELCOME']
const KIND = {
  HELLO: 0x01,
  OFFER: 0x02,
  JOIN: 0x03,
  WELCOME: 0x04,
  SETS: 0x10,
  NEG_OPEN: 0x11,
  NEG_MSG: 0x12,
  NEG_CLOSE: 0x13,
  WANT: 0x14,
  MISSING: 0x15,
  LIST: 0x16,
  PAGE: 0x17,
  EVENTS: 0x20
}
const nameOf = (kind) => Object.keys(KIND).find((name) => KIND[name] === kind)
const frameOf = (name, ...payload) => {
  const bytes = join(u8(KIND[name]), ...payload)
  return join(u32(bytes.length), bytes)
}
const wallOf = (e) => (e.kind === 3 ? e.hlc : e.hlc >> 16n) // the clocks of the two agree
/** The set of device records (§6.2). */
const RECORDS = Buffer.alloc(32, 0xff)
const setOf = (e) => (e.kind === 1 ? zero : e.kind === 2 ? e.epoch : RECORDS)
const itemOf = (e) => ({ timestamp: timestampOf(e.hlc), id: e.id })

/** What one device has: the first `made` of its own events, and the first `dealt` of what came. */
class Side {
  constructor(world, device, keys) {
    this.device = device
    this.own = world.events.filter((e) => keys.some((key) => equal(key, e.kind === 1 ? e.signer : e.device)))
    this.record = world.records.find((e) => equal(e.signer, device))
    this.recorded = 0
    this.made = 0
    this.came = []
    this.dealt = 0
  }
  has() {
    const own = [...this.own.slice(0, this.made), ...(this.recorded ? [this.record] : [])]
    return [...new Set([...own, ...this.came.slice(0, this.dealt)])]
  }
  ofSet(set) {
    return this.has().filter((e) => equal(setOf(e), set))
  }
  row(set) {
    const items = this.ofSet(set)
    return { set, count: items.length, digest: items.length ? digestOf(items.map((e) => e.id)) : zero }
  }
  epochs() {
    const content = this.has().filter((e) => e.kind === 2)
    return [...new Set(content.map((e) => hex(e.epoch)))].map((set) => this.row(unhex(set)))
  }
  credential() {
    const own = this.has().find((e) => [3, 5].includes(e.type) && equal(e.body.device, this.device))
    return own ? own.id : zero
  }
  /** Moves on, as little as may be, until `happens`; stays where it was if nothing helps. */
  moveUntil(happens) {
    const { made, dealt, recorded } = this
    for (this.recorded = recorded; this.recorded <= 1; this.recorded++)
      for (this.made = made; this.made <= this.own.length; this.made++)
        for (this.dealt = dealt; this.dealt <= this.came.length; this.dealt++) if (happens()) return true
    Object.assign(this, { made, dealt, recorded })
    return false
  }
  fits(bytes, build) {
    return this.moveUntil(() => equal(build(), bytes))
  }
  moveToTheEnd() {
    this.recorded = 1
    this.made = this.own.length
    this.dealt = this.came.length
  }
}

function setsFrame(side) {
  const epochs = side.epochs()
  const items = epochs.reduce((total, row) => total + row.count, 0)
  const early = [zero, RECORDS].map((set) => side.row(set))
  return frameOf(
    'SETS',
    ...early.flatMap((row) => [u64(row.count), row.digest]),
    u64(items),
    pageDigestOf(epochs)
  )
}

function joinFrame(v, world, offer) {
  const { joiner, invite } = v
  const body = {
    invite: offer.invite,
    slot: offer.slot,
    device: unhex(joiner.key),
    seal_key: unhex(joiner.seal_key)
  }
  const context = world.ofType('admission')[0].context
  const user = userOf(world.workspace, body.device)
  return frameOf(
    'JOIN',
    body.invite,
    u16(body.slot),
    body.device,
    body.seal_key,
    sign(unhex(joiner.seed), countersigned(context, user, offer.auth, body)),
    sign(unhex(invite.seed), proven(context, user, body))
  )
}

/** One connection: what a frame must be that one of its sides sends. */
class Connection {
  constructor(vectors, world, sides, dialler, bootstrap) {
    Object.assign(this, { vectors, world, sides, dialler, bootstrap })
    this.open = new Map()
    this.opened = 0
    this.lists = 0
    this.wanted = new Set()
    this.sets = {}
  }

  HELLO({ from, side, frame, r }) {
    const { workspace } = this.world
    const known = () => (this.bootstrap && from === this.dialler ? zero : side.credential())
    const wall = r.take(r.left).readBigUInt64BE(1 + 3 * 32)
    const build = () => frameOf('HELLO', u8(2), workspace, workspace, known(), u64(wall), u32(0))
    const agrees = this.wall === undefined || this.wall === wall
    this.wall = wall
    return agrees && side.fits(frame, build) && side.has().every((e) => wallOf(e) <= wall)
  }

  OFFER({ side, frame, initiator }) {
    const invite = unhex(this.vectors.invite.event)
    this.offer = { invite, slot: 0, auth: side.credential() }
    return !initiator && side.fits(frame, () => frameOf('OFFER', invite, u16(0), side.credential()))
  }

  JOIN({ frame, initiator }) {
    return initiator && equal(frame, joinFrame(this.vectors, this.world, this.offer))
  }

  WELCOME({ frame, initiator }) {
    return !initiator && equal(frame, frameOf('WELCOME', this.world.ofType('admission')[0].id))
  }

  SETS({ from, side, frame }) {
    this.sets[from] = frame
    return side.fits(frame, () => setsFrame(side))
  }

  /** There is one epoch: a page has no parts. */
  LIST({ frame, initiator }) {
    this.lists++
    return initiator && equal(frame, frameOf('LIST', u8(0)))
  }

  PAGE({ side, frame, initiator }) {
    return !initiator && this.lists-- > 0 && side.fits(frame, () => frameOf('PAGE', pageOf(side.epochs())))
  }

  NEG_OPEN({ side, frame, initiator, r }) {
    const number = r.u32()
    const set = Buffer.from(r.id())
    this.open.set(number, { set, last: r.take(r.left) })
    const build = () => frameOf('NEG_OPEN', u32(number), set, initiate(side.ofSet(set).map(itemOf)))
    return initiator && number === this.opened++ && side.fits(frame, build)
  }

  NEG_MSG({ side, frame, initiator, r }) {
    const number = r.u32()
    const { set, last } = this.open.get(number)
    const build = () => frameOf('NEG_MSG', u32(number), answer(side.ofSet(set).map(itemOf), last))
    return !initiator && side.fits(frame, build)
  }

  NEG_CLOSE({ initiator, r }) {
    return initiator && this.open.delete(r.u32()) && r.left === 0
  }

  WANT({ side, other, r }) {
    const ids = Array.from({ length: r.u16() }, () => hex(r.id()))
    r.end()
    ids.forEach((id) => this.wanted.add(id))
    const known = (whose) => whose.has().map((e) => hex(e.id))
    return ids.every((id) => known(other).includes(id) && !known(side).includes(id))
  }

  /** New events of the sender's own go on live; what was wanted or is lacking, on bulk. */
  EVENTS({ side, other, stream, r }) {
    const events = []
    while (r.left) events.push(itemOfBytes(this.world, r.take(r.u32())))
    other.came.push(...events)
    events.forEach((e) => this.wanted.delete(hex(e.id)))
    const own = (e) => side.own.includes(e) || side.record === e
    const fits = stream === 'bulk' || events.every(own)
    return fits && events.length > 0 && side.moveUntil(() => events.every((e) => side.has().includes(e)))
  }

  /** Whether this may be sent now. */
  takes({ from, stream, frame, close }) {
    if (!this.sides[from]) throw new Error(`nobody is called ${from}`)
    const side = this.sides[from]
    const other = this.sides[Object.keys(this.sides).find((name) => name !== from)]
    const initiator = from === this.dialler
    if (close !== undefined) return this.bootstrap && initiator && close === 10
    const bytes = unhex(frame)
    const r = new Reader(bytes)
    if (r.u32() !== r.left) throw new Error('the length is not that of the frame')
    const name = nameOf(r.u8())
    if (!STREAMS.includes(stream) || (name === 'EVENTS') !== (stream !== 'control')) return false
    if (this.bootstrap !== BOOTSTRAP.includes(name) && name !== 'HELLO') return false
    return this[name]({ from, side, other, initiator, stream, r, frame: bytes })
  }
}

function itemOfBytes(world, bytes) {
  const e = [...world.events, ...world.records].find((item) => equal(item.bytes, bytes))
  if (!e) throw new Error('an event that the workspace does not have')
  return e
}

export function checkSession(v, expect, workspace) {
  const world = new World(workspace)
  const key = (name) => unhex(workspace[name].key)
  const sides = {
    founder: new Side(world, key('founder'), [key('founder'), publicKey(unhex(workspace.genesis_seed))]),
    joiner: new Side(world, key('joiner'), [key('joiner')])
  }
  expect('connections', v.connections.length, 2)
  v.connections.forEach((c, n) => {
    const bootstrap = c.shows === workspace.invite.key
    expect('dialler', c.dialler, 'joiner')
    expect('key that the dialler shows', c.shows, bootstrap ? workspace.invite.key : workspace.joiner.key)
    expect('the first connection is the bootstrap', bootstrap, n === 0)
    const connection = new Connection(workspace, world, sides, c.dialler, bootstrap)
    c.sent.forEach((sent, i) =>
      expect(`connection ${n}, ${i}: what ${sent.from} sends`, connection.takes(sent), true)
    )
    expect('nothing is wanted in the end', connection.wanted.size, 0)
    expect('no session is open in the end', connection.open.size, 0)
    expect('no page is awaited in the end', connection.lists, 0)
    expect('SETS are equal in the end', hex(connection.sets.founder ?? []), hex(connection.sets.joiner ?? []))
  })
  for (const side of Object.values(sides)) {
    side.moveToTheEnd()
    expect('every event is here in the end', side.has().length, world.events.length + world.records.length)
  }
}
