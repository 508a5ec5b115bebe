// curve.mjs - Ed25519 (RFC 8032) with the acceptance of docs/protocol.md §1, and X25519 (RFC 7748).
import { createHash } from 'node:crypto'
import { equal, join, littleEndian, remembering, toLittleEndian } from './bytes.mjs'

const P = (1n << 255n) - 19n
export const L = (1n << 252n) + 27742317777372353535851937790883648493n
const mod = (x, m = P) => ((x % m) + m) % m

function power(base, exponent) {
  let result = 1n
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % P)
    if (e & 1n) result = (result * b) % P
  return result
}

const inverse = (x) => power(x, P - 2n)
const D = mod(-121665n * inverse(121666n))
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n)

// Points are (X : Y : Z : T) with x = X/Z, y = Y/Z, xy = T/Z.
const NEUTRAL = [0n, 1n, 1n, 0n]

export function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2))
  const b = mod((y1 + x1) * (y2 + x2))
  const c = mod(2n * t1 * t2 * D)
  const d = mod(2n * z1 * z2)
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

const same = ([x1, y1, z1], [x2, y2, z2]) => mod(x1 * z2 - x2 * z1) === 0n && mod(y1 * z2 - y2 * z1) === 0n

export function times(scalar, point) {
  let sum = NEUTRAL
  for (const bit of scalar.toString(2)) {
    sum = add(sum, sum)
    if (bit === '1') sum = add(sum, point)
  }
  return sum
}

/** The point of an encoding, whose y is taken modulo p as lenient decoders do; null for none. */
function decode(bytes) {
  const number = littleEndian(bytes)
  const sign = number >> 255n
  const y = mod(number & ((1n << 255n) - 1n))
  const ratio = mod((y * y - 1n) * inverse(D * y * y + 1n))
  let x = power(ratio, (P + 3n) / 8n)
  if (mod(x * x - ratio) !== 0n) x = mod(x * SQRT_MINUS_ONE)
  if (mod(x * x - ratio) !== 0n) return null
  if ((x & 1n) !== sign) x = mod(-x)
  return [x, y, 1n, mod(x * y)]
}

function encode([x, y, z]) {
  const i = inverse(z)
  return toLittleEndian(mod(y * i) | ((mod(x * i) & 1n) << 255n), 32)
}

export const BASE = decode(toLittleEndian(mod(4n * inverse(5n)), 32))
const sha512 = (...parts) =>
  createHash('sha512')
    .update(join(...parts))
    .digest()
const challenge = (r, a, message) => littleEndian(sha512(r, a, message)) % L

/** A canonical encoding of a point of order exactly L. */
function good(bytes, point) {
  return (
    point !== null && equal(encode(point), bytes) && !same(point, NEUTRAL) && same(times(L, point), NEUTRAL)
  )
}

function judgeAnew(signature, key, message) {
  const rBytes = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const [r, a] = [decode(rBytes), decode(key)]
  const scalar = challenge(rBytes, key, message)
  const k = toLittleEndian(scalar, 32)
  if (signature.length !== 64 || r === null || a === null) return { valid: false, equation: 'none', k }
  const right = add(r, times(scalar, a))
  const left = times(s, BASE)
  const exactly = same(left, right)
  const cofactored = same(times(8n, left), times(8n, right))
  return {
    valid: s < L && good(rBytes, r) && good(key, a) && exactly,
    equation: exactly ? 'exactly' : cofactored ? 'with cofactor' : 'none',
    k
  }
}

/** What is true of a signature: whether it is valid, how far its equation holds, and its k. */
export const judge = remembering(judgeAnew)

export const verify = (signature, key, message) => judge(signature, key, message).valid

function expand(seed) {
  const wide = sha512(seed)
  const scalar = (littleEndian(wide.subarray(0, 32)) & ((1n << 254n) - 8n)) | (1n << 254n)
  return { scalar, prefix: wide.subarray(32) }
}

export const publicKey = remembering((seed) => encode(times(expand(seed).scalar, BASE)))

export const sign = remembering((seed, message) => {
  const { scalar, prefix } = expand(seed)
  const key = publicKey(seed)
  const nonce = littleEndian(sha512(prefix, message)) % L
  const r = encode(times(nonce, BASE))
  return join(r, toLittleEndian((nonce + challenge(r, key, message) * scalar) % L, 32))
})

/** X25519(secret, u); by default of the base point, which gives a public key. */
export const x25519 = remembering((secret, u = toLittleEndian(9, 32)) => {
  const k = (littleEndian(secret) & ((1n << 254n) - 8n)) | (1n << 254n)
  const x1 = littleEndian(u) & ((1n << 255n) - 1n)
  let [x2, z2, x3, z3] = [1n, 0n, x1, 1n]
  for (let t = 254n; t >= 0n; t--) {
    const bit = (k >> t) & 1n
    if (bit) [x2, x3, z2, z3] = [x3, x2, z3, z2]
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3]
    const [aa, bb] = [mod(a * a), mod(b * b)]
    const [da, cb, e] = [mod(d * a), mod(c * b), mod(aa - bb)]
    x3 = mod((da + cb) ** 2n)
    z3 = mod(x1 * (da - cb) ** 2n)
    x2 = mod(aa * bb)
    z2 = mod(e * (aa + 121665n * e))
    if (bit) [x2, x3, z2, z3] = [x3, x2, z3, z2]
  }
  return toLittleEndian(mod(x2 * inverse(z2)), 32)
})
