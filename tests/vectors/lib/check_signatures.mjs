// check_signatures.mjs - signatures.json.
import { hex, unhex } from './bytes.mjs'
import { hash } from './blake2b.mjs'
import { judge, publicKey, sign } from './curve.mjs'

export function checkSignatures(vectors, expect) {
  for (const v of vectors.signatures) {
    const found = judge(unhex(v.signature), unhex(v.key), unhex(v.message))
    expect(`${v.why}: valid`, found.valid, v.valid)
    expect(`${v.why}: equation`, found.equation, v.equation)
    expect(`${v.why}: k`, hex(found.k), v.k)
    if (!v.seed) continue
    expect(`${v.why}: key`, hex(publicKey(unhex(v.seed))), v.key)
    expect(`${v.why}: signature`, hex(sign(unhex(v.seed), unhex(v.message))), v.signature)
  }
  const all = vectors.signatures.flatMap((v) => [v.key, v.message, v.signature].map(unhex))
  expect('digest', hex(hash(...all)), vectors.digest)
}
