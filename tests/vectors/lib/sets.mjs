// sets.mjs - digests of sets, and negentropy, protocol v1 (docs/protocol.md §6.2, §6.3).
import { createHash } from 'node:crypto'
import { ascii, equal, hex, join, littleEndian, Reader, toLittleEndian, u64, u8 } from './bytes.mjs'
import { hash } from './blake2b.mjs'
import { keyStream } from './chacha.mjs'

const LANES = 1024

export function digestOf(ids) {
  const lanes = new Uint16Array(LANES)
  for (const id of ids) {
    const stream = keyStream(hash(ascii('topo/1 lthash'), id), Buffer.alloc(12), 0, 2 * LANES)
    for (let i = 0; i < LANES; i++) lanes[i] += stream.readUInt16LE(2 * i)
  }
  const bytes = Buffer.alloc(2 * LANES)
  lanes.forEach((lane, i) => bytes.writeUInt16LE(lane, 2 * i))
  return hash(bytes)
}

const PAGE_ROWS = 64
const DIGITS = [...'0123456789abcdef']

/** The page of the sets whose ids begin with a prefix of hexadecimal digits. A row is { set, count, digest }. */
export function pageOf(rows, prefix = '') {
  const mine = rows.filter((row) => hex(row.set).startsWith(prefix))
  mine.sort((a, b) => Buffer.compare(a.set, b.set))
  if (mine.length <= PAGE_ROWS)
    return join(u8(0), ...mine.flatMap((row) => [row.set, u64(row.count), row.digest]))
  const parts = DIGITS.map((digit, i) => [i, prefix + digit])
  const some = parts.filter(([, longer]) => mine.some((row) => hex(row.set).startsWith(longer)))
  return join(u8(1), ...some.flatMap(([i, longer]) => [u8(i), pageDigestOf(mine, longer)]))
}

export const pageDigestOf = (rows, prefix = '') => hash(ascii('topo/1 page'), pageOf(rows, prefix))

export const timestampOf = (hlc) => (1n << 64n) - 2n - hlc

const INFINITY = (1n << 64n) - 1n
const VERSION = 0x61
const [SKIP, FINGERPRINT, IDS] = [0n, 1n, 2n]
export const BUCKETS = 12

// An item is { timestamp, id }; a bound is one whose id may be a prefix, zero-filled.
const order = (a, b) =>
  a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : Buffer.compare(fill(a.id), fill(b.id))
const fill = (id) => join(id, Buffer.alloc(32 - id.length))
export const sorted = (items) => [...items].sort(order)

function varint(value) {
  const digits = [Number(value & 127n)]
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 127n) | 128)
  return Buffer.from(digits)
}

function readVarint(r) {
  let value = 0n
  for (;;) {
    const digit = r.u8()
    value = (value << 7n) | BigInt(digit & 127)
    if (digit < 128) return value
  }
}

export function fingerprintOf(items) {
  const sum = items.reduce((total, item) => total + littleEndian(item.id), 0n) & ((1n << 256n) - 1n)
  const input = join(toLittleEndian(sum, 32), varint(BigInt(items.length)))
  return createHash('sha256').update(input).digest().subarray(0, 16)
}

/** Writes ranges; those that are done with become one skip, and none at the end. */
class Writer {
  constructor() {
    this.parts = [Buffer.from([VERSION])]
    this.last = 0n
    this.skipped = null
  }
  bound({ timestamp, id }) {
    this.parts.push(varint(timestamp === INFINITY ? 0n : timestamp - this.last + 1n))
    this.parts.push(varint(BigInt(id.length)), id)
    this.last = timestamp
  }
  range(upper, mode, ...payload) {
    if (this.skipped) {
      this.bound(this.skipped)
      this.parts.push(varint(SKIP))
      this.skipped = null
    }
    this.bound(upper)
    this.parts.push(varint(mode), ...payload)
  }
  ids(upper, items) {
    this.range(upper, IDS, varint(BigInt(items.length)), ...items.map((item) => item.id))
  }
  split(upper, items) {
    if (items.length < 2 * BUCKETS) return this.ids(upper, items)
    let at = 0
    for (let i = 0; i < BUCKETS; i++) {
      const next = at + Math.floor(items.length / BUCKETS) + (i < items.length % BUCKETS ? 1 : 0)
      const bound = next === items.length ? upper : between(items[next - 1], items[next])
      this.range(bound, FINGERPRINT, fingerprintOf(items.slice(at, next)))
      at = next
    }
  }
  message() {
    return join(...this.parts)
  }
}

/** The shortest bound that keeps two neighbours apart. */
function between(before, after) {
  if (before.timestamp !== after.timestamp) return { timestamp: after.timestamp, id: Buffer.alloc(0) }
  let n = 0
  while (before.id[n] === after.id[n]) n++
  return { timestamp: after.timestamp, id: after.id.subarray(0, n + 1) }
}

function readRanges(message) {
  const r = new Reader(message)
  if (r.u8() !== VERSION) throw new Error('not of version 1 of negentropy')
  const ranges = []
  let last = { timestamp: 0n, id: Buffer.alloc(0) }
  while (r.left) {
    const delta = readVarint(r)
    const timestamp = delta === 0n ? INFINITY : last.timestamp + delta - 1n
    const range = {
      lower: last,
      upper: { timestamp, id: r.take(Number(readVarint(r))) },
      mode: readVarint(r)
    }
    if (range.mode === FINGERPRINT) range.fingerprint = r.take(16)
    else if (range.mode === IDS) range.ids = Array.from({ length: Number(readVarint(r)) }, () => r.id())
    else if (range.mode !== SKIP) throw new Error('a mode that does not exist')
    ranges.push(range)
    last = range.upper
  }
  return ranges
}

const within = (items, { lower, upper }) =>
  items.filter((item) => order(item, lower) >= 0 && order(item, upper) < 0)

export function initiate(items) {
  const w = new Writer()
  w.split({ timestamp: INFINITY, id: Buffer.alloc(0) }, sorted(items))
  return w.message()
}

/** The answer of a side that has `items`. The initiator passes what it notes `have` and `need` in. */
export function answer(items, message, found) {
  const w = new Writer()
  for (const range of readRanges(message)) {
    const ours = within(sorted(items), range)
    if (range.mode === SKIP) w.skipped = range.upper
    else if (range.mode === FINGERPRINT && equal(fingerprintOf(ours), range.fingerprint))
      w.skipped = range.upper
    else if (range.mode === FINGERPRINT) w.split(range.upper, ours)
    else if (!found) w.ids(range.upper, ours)
    else {
      const theirs = new Set(range.ids.map(hex))
      const mine = new Set(ours.map((item) => hex(item.id)))
      found.have.push(...[...mine].filter((id) => !theirs.has(id)))
      found.need.push(...[...theirs].filter((id) => !mine.has(id)))
      w.skipped = range.upper
    }
  }
  return w.message()
}
