// chacha.mjs - ChaCha20, Poly1305 and their AEAD (RFC 8439), HChaCha20 and XChaCha20
// (draft-irtf-cfrg-xchacha).
import { equal, join, littleEndian, toLittleEndian } from './bytes.mjs'

const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]

const words = (bytes) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i))
const rotate = (x, n) => (x << n) | (x >>> (32 - n))

function quarter(s, a, b, c, d) {
  s[a] = (s[a] + s[b]) | 0
  s[d] = rotate(s[d] ^ s[a], 16)
  s[c] = (s[c] + s[d]) | 0
  s[b] = rotate(s[b] ^ s[c], 12)
  s[a] = (s[a] + s[b]) | 0
  s[d] = rotate(s[d] ^ s[a], 8)
  s[c] = (s[c] + s[d]) | 0
  s[b] = rotate(s[b] ^ s[c], 7)
}

function rounds(state) {
  const s = [...state]
  for (let i = 0; i < 10; i++) {
    quarter(s, 0, 4, 8, 12)
    quarter(s, 1, 5, 9, 13)
    quarter(s, 2, 6, 10, 14)
    quarter(s, 3, 7, 11, 15)
    quarter(s, 0, 5, 10, 15)
    quarter(s, 1, 6, 11, 12)
    quarter(s, 2, 7, 8, 13)
    quarter(s, 3, 4, 9, 14)
  }
  return s
}

function serialize(list) {
  const out = Buffer.alloc(4 * list.length)
  list.forEach((word, i) => out.writeUInt32LE(word >>> 0, 4 * i))
  return out
}

/** The key stream from block `counter` on; `nonce` has 12 bytes. */
export function keyStream(key, nonce, counter, length) {
  const blocks = []
  for (let n = 0; n * 64 < length; n++) {
    const state = [...CONSTANTS, ...words(key), counter + n, ...words(nonce)]
    const mixed = rounds(state)
    blocks.push(serialize(mixed.map((word, i) => (word + state[i]) | 0)))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function hchacha(key, nonce) {
  const s = rounds([...CONSTANTS, ...words(key), ...words(nonce)])
  return serialize([...s.slice(0, 4), ...s.slice(12)])
}

function poly1305(key, message) {
  const p = (1n << 130n) - 5n
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = join(message.subarray(at, at + 16), [1])
    sum = ((sum + littleEndian(block)) * r) % p
  }
  return toLittleEndian((sum + littleEndian(key.subarray(16))) & ((1n << 128n) - 1n), 16)
}

const xor = (a, b) => Buffer.from(a.map((byte, i) => byte ^ b[i]))
const pad16 = (bytes) => join(bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16))

function tag(key, nonce, aad, ciphertext) {
  const lengths = join(toLittleEndian(aad.length, 8), toLittleEndian(ciphertext.length, 8))
  return poly1305(keyStream(key, nonce, 0, 32), join(pad16(aad), pad16(ciphertext), lengths))
}

/** ciphertext ‖ tag */
export function seal(key, nonce, aad, plain) {
  const ciphertext = xor(plain, keyStream(key, nonce, 1, plain.length))
  return join(ciphertext, tag(key, nonce, aad, ciphertext))
}

export function open(key, nonce, aad, sealed) {
  const ciphertext = sealed.subarray(0, sealed.length - 16)
  if (!equal(tag(key, nonce, aad, ciphertext), sealed.subarray(sealed.length - 16)))
    throw new Error('the sealed bytes do not open')
  return xor(ciphertext, keyStream(key, nonce, 1, ciphertext.length))
}

const inner = (key, nonce) => [hchacha(key, nonce.subarray(0, 16)), join([0, 0, 0, 0], nonce.subarray(16))]

/** With a nonce of 24 bytes. */
export const xseal = (key, nonce, aad, plain) => seal(...inner(key, nonce), aad, plain)
export const xopen = (key, nonce, aad, sealed) => open(...inner(key, nonce), aad, sealed)
