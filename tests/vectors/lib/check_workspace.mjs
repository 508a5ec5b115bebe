// check_workspace.mjs - workspace.json.
import { ascii, hex, join, u16, u32, u64, u8, unhex } from './bytes.mjs'
import { hash } from './blake2b.mjs'
import { publicKey, sign, verify, x25519 } from './curve.mjs'
import * as events from './events.mjs'
import { deriveKeyPair, sealTo } from './hpke.mjs'
import { isAuthority, World } from './world.mjs'

const people = ['founder', 'joiner']

function checkDevices(v, world, expect) {
  const { genesis } = world
  expect('genesis key', hex(publicKey(unhex(v.genesis_seed))), hex(genesis.signer))
  expect('genesis seal_key', hex(x25519(unhex(v.genesis_seal_secret))), hex(genesis.body.seal_key))
  expect('the workspace is named by genesis', hex(genesis.id), v.workspace)
  for (const name of people) {
    const device = v[name]
    const credential = world.get(unhex(device.credential))
    expect(`${name}: key`, hex(publicKey(unhex(device.seed))), device.key)
    expect(`${name}: seal_key`, hex(x25519(unhex(device.seal_secret))), device.seal_key)
    expect(`${name}: sni`, events.sniOf(world.workspace, unhex(device.key)), device.sni)
    expect(`${name}: user`, hex(world.userOfCredential(credential)), device.user)
    expect(`${name}: device of the credential`, hex(world.deviceOf(credential)), device.key)
    expect(`${name}: seal_key of the credential`, hex(credential.body.seal_key), device.seal_key)
  }
}

function addressBytes(address) {
  const [, host, port] = /^([0-9.]+):([0-9]+)$/.exec(address)
  return join(u8(4), host.split('.').map(Number), u16(port))
}

function checkInvite(v, world, expect) {
  const { invite, founder } = v
  const event = world.get(unhex(invite.event))
  expect('invite key', hex(publicKey(unhex(invite.seed))), invite.key)
  expect('invite key of the event', hex(event.body.invite_key), invite.key)
  expect('slots of the invite', event.body.slots.map(hex).join(), founder.key)
  const unchecked = join(
    u8(2),
    world.workspace,
    unhex(invite.seed),
    event.id,
    u8(1),
    unhex(founder.key),
    u8(1),
    addressBytes(invite.address)
  )
  const check = hash(join(ascii('topo/2 invite link'), unchecked)).subarray(0, 4)
  const raw = join(unchecked, check)
  expect('invite link', `topo://join/${raw.toString('base64url')}`, invite.link)
}

function checkEpoch(v, world, expect) {
  const { epoch } = v
  const [secret, id] = [unhex(epoch.secret), unhex(epoch.id)]
  const event = world.get(id)
  expect('commitment', hex(events.commitmentOf(secret)), epoch.commitment)
  expect('commitment of the event', hex(event.body.commitment), epoch.commitment)
  expect('header key', hex(events.headerKeyOf(secret, id)), epoch.header_key)
  expect('root', hex(events.rootOf(secret, id)), epoch.root)
  for (const { device, tag, seq, leaf } of epoch.leaves) {
    expect(
      'a device of the workspace',
      people.some((name) => v[name].key === device),
      true
    )
    expect('tag', hex(events.tagOf(unhex(epoch.header_key), unhex(device))), tag)
    expect('leaf', hex(events.leafOf(unhex(epoch.root), unhex(tag), seq)), leaf)
  }
  expect('leaves', epoch.leaves.map((l) => l.seq).join(), '0,1,1025,0,1,1025')
}

/** Whose signature an event must have: a seed by the key. */
function seedsOf(v) {
  const seeds = [v.genesis_seed, v.founder.seed, v.joiner.seed, v.invite.seed].map(unhex)
  return new Map(seeds.map((seed) => [hex(publicKey(seed)), seed]))
}

function checkSignature(name, seeds, key, message, signature, expect) {
  expect(`${name}: is accepted`, verify(signature, key, message), true)
  const seed = seeds.get(hex(key))
  expect(`${name}: is by a key that is known`, seed !== undefined, true)
  expect(name, hex(sign(seed, message)), hex(signature))
}

function checkConsent(world, seeds, e, expect) {
  const user = world.userOfCredential(e)
  const countersigned = events.countersigned(e.context, user, e.auth, e.body)
  checkSignature('countersign', seeds, e.body.device, countersigned, e.body.countersign, expect)
  if (e.type !== 5) return
  const key = world.get(e.body.invite).body.invite_key
  checkSignature('proof', seeds, key, events.proven(e.context, user, e.body), e.body.proof, expect)
}

function checkContent(world, e, expect) {
  const leaf = events.leafOf(events.rootOf(world.secret, e.epoch), e.tag, e.seq)
  expect('sealed', hex(events.sealContent(leaf, e, e.plain)), hex(e.sealed))
  expect('tag of the device', hex(events.tagOf(world.headerKey, e.device)), hex(e.tag))
}

/** The maximal authority events among those that came before. */
function frontier(world, before) {
  const candidates = before.filter((e) => e.kind === 1 && isAuthority(e))
  const covered = new Set(candidates.flatMap((e) => [...world.past(e)]))
  return candidates
    .map((e) => hex(e.id))
    .filter((id) => !covered.has(id))
    .sort()
}

function checkRecords(v, world, expect) {
  const seeds = seedsOf(v)
  const devices = people.map((name) => v[name].key).sort()
  const known = Object.keys(events.TYPES).map(Number)
  expect('a record of each device', v.records.map((r) => r.device).join(), devices.join())
  world.records.forEach((e, i) => {
    const { key, message } = events.signedBy(e)
    expect('record: id', hex(e.id), v.records[i].id)
    expect('record: device', hex(e.signer), v.records[i].device)
    expect('record: seq', String(e.hlc), String(v.records[i].seq))
    expect('record: types', e.types.join(), v.records[i].types.join())
    expect('record: the types of the protocol', e.types.join(), known.sort((a, b) => a - b).join())
    expect('record: addresses', e.addresses.map(hex).join(), v.records[i].addresses.join())
    expect(
      'record: prekey',
      e.prekey.some((b) => b),
      false
    )
    checkSignature('record', seeds, key, message, e.signature, expect)
  })
}

function checkEvents(v, world, expect) {
  const seeds = seedsOf(v)
  const heads = new Map()
  world.events.forEach((e, i) => {
    expect('id', hex(e.id), v.events[i].id)
    expect('plaintext', e.kind === 2 ? hex(e.plain) : undefined, v.events[i].plaintext)
    const { key, message } = events.signedBy(e)
    checkSignature('signature', seeds, key, message, e.signature, expect)
    const chain = e.kind === 1 ? `control ${hex(e.signer)}` : `content ${hex(e.tag)}`
    const head = heads.get(chain)
    expect('seq', e.seq, head ? head.seq + 1 : 0)
    expect('prev', hex(e.prev), head ? hex(head.id) : hex(Buffer.alloc(32)))
    heads.set(chain, e)
    if (e !== world.genesis) {
      const credential = world.get(e.auth)
      expect('auth is a credential of the author', hex(world.deviceOf(credential)), hex(key))
    }
    if (e.kind === 1 && e !== world.genesis)
      expect('parents', e.parents.map(hex).join(), frontier(world, world.events.slice(0, i)).join())
    if (e.kind === 2) checkContent(world, e, expect)
    if (e.type === 3 || e.type === 5) checkConsent(world, seeds, e, expect)
  })
}

function checkWraps(v, world, expect) {
  const wrapped = world.ofType('wrap')
  expect('wraps', v.wraps.length, wrapped.length)
  v.wraps.forEach((wrap, i) => {
    const e = wrapped[i]
    const credential = world.get(unhex(wrap.credential))
    const info = events.wrapInfo(e.context, e.body.epoch, credential.id)
    const made = sealTo(credential.body.seal_key, unhex(wrap.ikm), info, world.secret)
    expect('wrap: event', hex(e.id), wrap.event)
    expect('wrap: epoch', hex(e.body.epoch), wrap.epoch)
    expect('wrap: ephemeral key', hex(deriveKeyPair(unhex(wrap.ikm)).public), wrap.enc)
    expect('wrap: enc', hex(made.enc), wrap.enc)
    expect('wrap: ciphertext', hex(made.ciphertext), wrap.ciphertext)
    expect('wrap: entry', e.body.wraps.map(hex).join(), wrap.credential + wrap.enc + wrap.ciphertext)
  })
}

// --- the state ----------------------------------------------------------------------------------

const bytes = (value) => `b${hex(value)}`
const integer = (value) => `i${hex(u64(value))}`

/** The five tables, as docs/protocol.md §5.1 has them. Every event of the vectors is accepted. */
function tablesOf(world) {
  const user = (e) => bytes(world.userOfCredential(world.get(e.auth)))
  const rows = (list, row) => list.map(row).sort((a, b) => (a[0] < b[0] ? -1 : 1))
  const entity = (e) => (e.body.of === 1 ? bytes(world.workspace) : user(e))
  const order = (e) => join(u64(e.body.version), u64(e.hlc), e.id)
  const later = (a, b) => Buffer.compare(order(a), order(b)) > 0
  const newest = new Map() // no version of the vectors is out of reach
  for (const e of world.ofType('profile')) {
    const best = newest.get(entity(e))
    if (!best || later(e, best)) newest.set(entity(e), e)
  }
  return {
    channel: rows(world.ofType('channel'), (e) => [bytes(e.id), user(e), integer(e.hlc), bytes(e.body.name)]),
    credential: rows(
      world.events.filter((e) => world.isCredential(e)),
      (e) => [
        bytes(e.id),
        bytes(world.deviceOf(e)),
        bytes(world.userOfCredential(e)),
        integer(world.roleOfCredential(e))
      ]
    ),
    message: rows(world.ofType('message'), (e) => [
      bytes(e.id),
      bytes(e.body.channel),
      user(e),
      integer(e.hlc),
      bytes(e.body.text)
    ]),
    profile: rows([...newest.entries()], ([whose, e]) => [
      whose,
      integer(e.body.version),
      integer(e.hlc),
      bytes(e.id),
      bytes(e.body.name)
    ]),
    reaction: rows(world.ofType('reaction'), (e) => [
      bytes(e.id),
      bytes(e.body.message),
      user(e),
      integer(e.hlc),
      bytes(e.body.emoji)
    ])
  }
}

function encodeColumn(column) {
  const value = unhex(column.slice(1))
  return column[0] === 'i' ? join(ascii('i'), value) : join(ascii('b'), u32(value.length), value)
}

function fingerprintOf(tables) {
  let state = Buffer.alloc(32)
  let pending = Buffer.alloc(0)
  for (const name of Object.keys(tables).sort()) {
    pending = join(pending, u8(name.length), ascii(name))
    for (const row of tables[name]) {
      pending = join(pending, ...row.map(encodeColumn), ascii('r'))
      if (pending.length < 65536) continue
      state = hash(state, pending)
      pending = Buffer.alloc(0)
    }
  }
  return hash(state, pending)
}

export function checkWorkspace(v, expect) {
  const world = new World(v)
  checkDevices(v, world, expect)
  checkInvite(v, world, expect)
  checkEpoch(v, world, expect)
  checkEvents(v, world, expect)
  checkRecords(v, world, expect)
  checkWraps(v, world, expect)
  const tables = tablesOf(world)
  for (const name of Object.keys({ ...tables, ...v.tables }))
    expect(`table ${name}`, JSON.stringify(tables[name]), JSON.stringify(v.tables[name]))
  expect('fingerprint', hex(fingerprintOf(tables)), v.fingerprint)
}
