// bytes.mjs - byte strings: hexadecimal, numbers, concatenation, and a reader that must come out even.

export const hex = (bytes) => Buffer.from(bytes).toString('hex')
export const ascii = (text) => Buffer.from(text, 'latin1')

export function unhex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error(`not lower-case hexadecimal: ${text}`)
  return Buffer.from(text, 'hex')
}

export const join = (...parts) => Buffer.concat(parts.map((p) => Buffer.from(p)))
export const equal = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0
export const zero = Buffer.alloc(32)

/** An unsigned big-endian number of `size` bytes. */
export function uint(value, size) {
  const out = Buffer.alloc(size)
  let rest = BigInt(value)
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n)
  if (rest !== 0n) throw new Error(`${value} does not fit ${size} bytes`)
  return out
}
export const u8 = (v) => uint(v, 1)
export const u16 = (v) => uint(v, 2)
export const u32 = (v) => uint(v, 4)
export const u64 = (v) => uint(v, 8)

export function littleEndian(bytes) {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i])
  return value
}

export function toLittleEndian(value, size) {
  return uint(value, size).reverse()
}

/** Reads from the front; what is left over, or lacking, is an error. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes
    this.at = 0
  }
  get left() {
    return this.bytes.length - this.at
  }
  take(n) {
    if (n > this.left) throw new Error('the bytes end early')
    this.at += n
    return this.bytes.subarray(this.at - n, this.at)
  }
  uint(size) {
    return BigInt('0x' + hex(this.take(size)))
  }
  u8() {
    return Number(this.uint(1))
  }
  u16() {
    return Number(this.uint(2))
  }
  u32() {
    return Number(this.uint(4))
  }
  u64() {
    return this.uint(8)
  }
  id() {
    return this.take(32)
  }
  end() {
    if (this.left) throw new Error(`${this.left} bytes are left over`)
  }
}

/** A function of byte strings that computes each answer once. */
export function remembering(compute) {
  const answers = new Map()
  return (...args) => {
    const question = args.map((arg) => (typeof arg === 'number' ? arg : hex(arg))).join()
    if (!answers.has(question)) answers.set(question, compute(...args))
    return answers.get(question)
  }
}
