// check_beacons.mjs - beacons.json.
import { ascii, hex, join, unhex } from './bytes.mjs'
import { hash, kdf } from './blake2b.mjs'

export function checkBeacons(vectors, expect) {
  for (const v of vectors.beacons) {
    const [nonce, device, address] = [v.nonce, v.device, v.address].map(unhex)
    const dial = kdf(unhex(v.workspace), 'topo/2 dial')
    const mark = kdf(dial, 'lan mark', nonce).subarray(0, 4)
    const tag = kdf(dial, 'lan', join(nonce, device, address)).subarray(0, 16)
    expect('workspace', hex(hash(ascii('w'))), v.workspace)
    expect('device', hex(hash(ascii('d'))), v.device)
    expect('dial', hex(dial), v.dial)
    expect('beacon', hex(join(nonce, mark, tag)), v.beacon)
  }
}
