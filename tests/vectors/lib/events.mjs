// events.mjs - events as docs/protocol.md §2 and §3 have them: bytes to fields, ids, keys, seals.
import { ascii, equal, join, Reader, remembering, u16, u64, u8, zero } from './bytes.mjs'
import { hash, kdf, keyedHash } from './blake2b.mjs'
import { xopen, xseal } from './chacha.mjs'

export const contextOf = (workspace) => join(u8(1), workspace, workspace)
export const userOf = (workspace, device) => hash(ascii('topo/1 user'), workspace, device)

export function sniOf(workspace, device) {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const bits = [...hash(ascii('topo/1 sni'), workspace, device)]
    .map((b) => b.toString(2).padStart(8, '0'))
    .join('')
  return bits
    .match(/.{1,5}/g)
    .map((five) => alphabet[parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

// --- bodies -------------------------------------------------------------------------------------

const id = (r) => Buffer.from(r.id())
const sig = (r) => Buffer.from(r.take(64))
const text = (max) => (r) => {
  const bytes = r.take(r.u16())
  if (bytes.length < 1 || bytes.length > max || bytes.includes(0)) throw new Error('a text breaks its bounds')
  return Buffer.from(new TextEncoder().encode(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
}
const list = (max, size) => (r) => {
  const count = r.u16()
  if (count > max) throw new Error('a list is too long')
  return Array.from({ length: count }, () => Buffer.from(r.take(size)))
}
const between = (read, low, high) => (r) => {
  const value = read(r)
  if (value < low || value > high) throw new Error('a number breaks its bounds')
  return value
}
const byte = (r) => r.u8()
const role = between(byte, 0, 4)

export const TYPES = {
  0x0001: { name: 'workspace', fields: { seal_key: id, nonce: id } },
  0x0002: { name: 'user', fields: { user: id, role, device: id, seal_key: id, countersign: sig } },
  0x0003: { name: 'device', fields: { device: id, seal_key: id, countersign: sig } },
  0x0004: {
    name: 'invite',
    fields: { invite_key: id, role, expires_ms: (r) => r.u64(), slots: list(64, 32) }
  },
  0x0005: {
    name: 'admission',
    fields: { invite: id, slot: (r) => r.u16(), device: id, seal_key: id, countersign: sig, proof: sig }
  },
  0x0010: {
    name: 'epoch',
    fields: { generation: (r) => r.u32(), policy: between(byte, 1, 1), commitment: id, epochs: list(16, 32) }
  },
  0x0011: { name: 'wrap', fields: { epoch: id, wraps: list(512, 112) } },
  0x1001: { name: 'profile', fields: { of: between(byte, 0, 1), version: (r) => r.u64(), name: text(256) } },
  0x1002: { name: 'channel', fields: { name: text(256) } },
  0x1003: { name: 'message', fields: { channel: id, after: list(1, 32), text: text(32768) } },
  0x1004: { name: 'reaction', fields: { message: id, emoji: text(64) } }
}

export function decodeBody(type, bytes) {
  const r = new Reader(bytes)
  const body = {}
  for (const [name, read] of Object.entries(TYPES[type].fields)) body[name] = read(r)
  r.end()
  return body
}

// --- headers ------------------------------------------------------------------------------------

const HEADER = 94

function decodeControl(r, bytes) {
  const e = { kind: 1, type: r.u16(), hlc: r.u64(), signer: r.id(), auth: r.id(), seq: r.u32(), prev: r.id() }
  e.parents = Array.from({ length: r.u8() }, () => r.id())
  e.body = decodeBody(e.type, r.take(r.u16()))
  e.signed = bytes.subarray(0, r.at)
  e.signature = r.take(64)
  r.end()
  if (e.parents.length > 16) throw new Error('more than 16 parents')
  e.parents.slice(1).forEach((parent, i) => {
    if (Buffer.compare(e.parents[i], parent) >= 0) throw new Error('parents do not ascend')
  })
  if (equal(e.auth, zero) !== (e.type === 1)) throw new Error('only genesis is without a right')
  e.header = bytes
  e.sealed = Buffer.alloc(0)
  return e
}

function decodeContent(r, bytes) {
  const e = { kind: 2, hlc: r.u64(), tag: r.take(16), seq: r.u32(), prev: r.id(), epoch: r.id() }
  e.header = bytes.subarray(0, HEADER)
  e.sealed = r.take(r.left)
  if (e.seq >= 2 ** 20) throw new Error('the chain has ended')
  if (e.sealed.length < 48 + 3 * 64 || (e.sealed.length - 48) % 64)
    throw new Error('no sealed body has that size')
  return e
}

/** An event of `workspace` with its id. */
export function decodeEvent(workspace, bytes) {
  const r = new Reader(bytes)
  if (bytes.length > 65536 || r.u8() !== 1) throw new Error('too long, or of another version')
  const kind = r.u8()
  if (kind !== 1 && kind !== 2) throw new Error('a kind that does not exist')
  const e = kind === 1 ? decodeControl(r, bytes) : decodeContent(r, bytes)
  if (e.hlc >= 1n << 63n || (e.seq === 0) !== equal(e.prev, zero))
    throw new Error('the header contradicts itself')
  e.bytes = bytes
  e.context = contextOf(e.type === 1 ? zero : workspace)
  e.id = hash(ascii('topo/1 event'), e.context, e.header, hash(e.sealed))
  return e
}

// --- device records -----------------------------------------------------------------------------

/** An address (§7), as its bytes. */
function readAddress(r) {
  const family = r.u8()
  if (family !== 4 && family !== 6) throw new Error('a family that does not exist')
  return join(u8(family), r.take(family === 4 ? 6 : 18))
}

/** A device record of `workspace` (§2.5) with its id. It has the hlc, kind and signer of an item. */
export function decodeRecord(workspace, bytes) {
  const r = new Reader(bytes)
  if (r.u8() !== 1 || r.u8() !== 3) throw new Error('no device record')
  const e = { kind: 3, signer: r.id(), hlc: r.u64(), bytes, context: contextOf(workspace) }
  const body = new Reader(r.take(r.u16()))
  e.signed = bytes.subarray(0, r.at)
  e.signature = r.take(64)
  r.end()
  if (e.hlc < 1n || e.hlc >= 1n << 63n) throw new Error('a number out of bounds')
  e.prekey = body.id()
  e.types = Array.from({ length: body.u8() }, () => body.u16())
  e.addresses = Array.from({ length: body.u8() }, () => readAddress(body))
  e.id = hash(ascii('topo/1 record id'), e.context, bytes)
  return e
}

// --- content ------------------------------------------------------------------------------------

export const commitmentOf = (secret) => kdf(secret, 'commit')
export const headerKeyOf = (secret, epoch) => kdf(secret, 'header', epoch)
export const rootOf = (secret, epoch) => kdf(secret, 'root', epoch)
export const tagOf = (headerKey, device) => kdf(headerKey, 'tag', device).subarray(0, 16)

/** The leaf of the GGM tree under `root`, bit by bit. */
export const leafOf = remembering((root, tag, seq) => {
  const path = (tag.readBigUInt64BE(0) << 20n) | BigInt(seq)
  let node = root
  for (let depth = 83n; depth >= 0n; depth--) node = kdf(node, (path >> depth) & 1n ? 'ggm1' : 'ggm0')
  return node
})

const boundOf = (e) => join(ascii('topo/1 seal'), e.context, e.header)
const sivOf = (leaf, bound, plain) => keyedHash(kdf(leaf, 'siv'), u64(bound.length), bound, plain)

export function sealContent(leaf, e, plain) {
  const siv = sivOf(leaf, boundOf(e), plain)
  return join(siv, xseal(kdf(leaf, 'enc'), siv.subarray(0, 24), Buffer.alloc(0), plain))
}

/** Opens a content event and adds what is inside to it. */
export function openContent(leaf, e) {
  const siv = e.sealed.subarray(0, 32)
  const plain = xopen(kdf(leaf, 'enc'), siv.subarray(0, 24), Buffer.alloc(0), e.sealed.subarray(32))
  if (!equal(siv, sivOf(leaf, boundOf(e), plain))) throw new Error('the siv is not that of the plaintext')
  const r = new Reader(plain)
  Object.assign(e, { plain, device: r.id(), auth: r.id(), type: r.u16() })
  e.body = decodeBody(e.type, r.take(r.u16()))
  e.inside = plain.subarray(0, r.at)
  e.signature = r.take(64)
  if (r.left >= 64 || r.take(r.left).some((b) => b)) throw new Error('the padding is not minimal and zero')
  return e
}

// --- what is signed -----------------------------------------------------------------------------

export const signedBy = (e) =>
  e.kind !== 2
    ? {
        key: e.signer,
        message: join(ascii(e.kind === 1 ? 'topo/1 control' : 'topo/1 record'), e.context, e.signed)
      }
    : { key: e.device, message: join(ascii('topo/1 content'), e.context, e.header, e.inside) }

export const countersigned = (context, user, auth, body) =>
  join(ascii('topo/1 countersign'), context, user, auth, body.device, body.seal_key)

export const proven = (context, user, body) =>
  join(ascii('topo/1 admission'), context, body.invite, u16(body.slot), user, body.device, body.seal_key)

export const wrapInfo = (context, epoch, credential) => join(ascii('topo/1 wrap'), context, epoch, credential)
