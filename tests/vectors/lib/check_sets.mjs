// check_sets.mjs - sets.json.
import { hex, Reader, u64, unhex } from './bytes.mjs'
import { answer, digestOf, initiate, pageDigestOf, pageOf, timestampOf } from './sets.mjs'

const itemsOf = (list) => list.map((item) => ({ timestamp: timestamp(item.hlc), id: unhex(item.id) }))
const timestamp = (hlc) => timestampOf(new Reader(unhex(hlc)).u64())

/** The messages of a whole reconciliation, and what the initiator learns. */
function reconcile(initiator, responder) {
  const found = { have: [], need: [] }
  const messages = [initiate(initiator)]
  while (messages[messages.length - 1].length > 1) {
    messages.push(answer(responder, messages[messages.length - 1]))
    messages.push(answer(initiator, messages[messages.length - 1], found))
  }
  messages.pop() // nothing is left to ask
  return { messages: messages.map(hex), ...found }
}

export function checkSets(vectors, expect) {
  for (const { ids, digest } of vectors.digests)
    expect(`digest of ${ids.length} ids`, hex(digestOf(ids.map(unhex))), digest)
  expect('sizes of the digested sets', vectors.digests.map((d) => d.ids.length).join(), '0,1,2')
  for (const { sets, pages } of vectors.pages) {
    const rows = sets.map(({ set, count, digest }) => ({
      set: unhex(set),
      count: new Reader(unhex(count)).u64(),
      digest: unhex(digest)
    }))
    const prefixes = sets.length > 64 ? ['', ...'0123456789abcdef'] : ['']
    expect('prefixes', prefixes.join(), pages.map((p) => p.prefix).join())
    for (const { prefix, page, digest } of pages) {
      expect(`page of '${prefix}'`, hex(pageOf(rows, prefix)), page)
      expect(`digest of the page of '${prefix}'`, hex(pageDigestOf(rows, prefix)), digest)
    }
  }
  expect('sizes of the sets in pages', vectors.pages.map((p) => p.sets.length).join(), '0,4,70')
  for (const r of vectors.reconciliations) {
    for (const item of [...r.initiator, ...r.responder])
      expect('timestamp', hex(u64(timestamp(item.hlc))), item.timestamp)
    const got = reconcile(itemsOf(r.initiator), itemsOf(r.responder))
    expect('messages', got.messages.join(), r.messages.join())
    expect('have', got.have.join(), r.have.join())
    expect('need', got.need.join(), r.need.join())
  }
}
