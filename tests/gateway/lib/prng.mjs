// prng.mjs - chance from a seed (splitmix32), so that a failure can be played again.

export function prng(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  return {
    below: (n) => next() % n,
    pick: (list) => list[next() % list.length],
    bytes: (n) => Buffer.from(Array.from({ length: n }, () => next() & 255))
  }
}

// TOPO_SEED plays a failure again; otherwise each run has its own.
export function seed() {
  return Number(process.env.TOPO_SEED ?? (Date.now() ^ (process.pid << 8)) >>> 0) >>> 0
}
