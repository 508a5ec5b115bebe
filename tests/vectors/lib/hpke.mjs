// hpke.mjs - RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
import { createHmac } from 'node:crypto'
import { ascii, join, u16 } from './bytes.mjs'
import { seal } from './chacha.mjs'
import { x25519 } from './curve.mjs'

const NOTHING = Buffer.alloc(0)
const KEM = join(ascii('KEM'), u16(0x0020))
const HPKE = join(ascii('HPKE'), u16(0x0020), u16(0x0001), u16(0x0003))

const hmac = (key, ...parts) =>
  createHmac('sha256', key)
    .update(join(...parts))
    .digest()
const extract = (salt, suite, label, ikm) => hmac(salt, ascii('HPKE-v1'), suite, ascii(label), ikm)
const expand = (prk, suite, label, info, length) =>
  hmac(prk, u16(length), ascii('HPKE-v1'), suite, ascii(label), info, [1]).subarray(0, length)

export function deriveKeyPair(ikm) {
  const secret = expand(extract(NOTHING, KEM, 'dkp_prk', ikm), KEM, 'sk', NOTHING, 32)
  return { secret, public: x25519(secret) }
}

/** enc and ciphertext of one message to `recipient`, with the ephemeral key that `ikm` gives. */
export function sealTo(recipient, ikm, info, plain) {
  const ephemeral = deriveKeyPair(ikm)
  const dh = x25519(ephemeral.secret, recipient)
  const prk = extract(NOTHING, KEM, 'eae_prk', dh)
  const shared = expand(prk, KEM, 'shared_secret', join(ephemeral.public, recipient), 32)
  const psk = extract(NOTHING, HPKE, 'psk_id_hash', NOTHING)
  const context = join([0], psk, extract(NOTHING, HPKE, 'info_hash', info))
  const secret = extract(shared, HPKE, 'secret', NOTHING)
  const key = expand(secret, HPKE, 'key', context, 32)
  const nonce = expand(secret, HPKE, 'base_nonce', context, 12)
  return { enc: ephemeral.public, ciphertext: seal(key, nonce, NOTHING, plain) }
}
