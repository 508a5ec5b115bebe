// graph.mjs - who knows whom in src/: files that include or use each other, and circles among them.
//
// A node is a .c file with the .h file of the same path; a .c or a .h that is alone is a node as well.
// There is an edge from A to B when
//
// - A uses B: code of A names a function or an object that the .c of B defines and other files see.
//   That is what the linker would say of their objects. A prototype is no use, a table of functions is.
// - A includes the header of B, B has a .c, and that header declares nothing that A itself defines.
//   Who includes a header to be held to his own prototypes does not depend on the neighbour.
//
// A header without a .c (types, `x_impl.h`) makes no circle by being included: what those who include it
// use of each other are edges of their own. Generated files are nodes like others. A circle is a set of
// nodes, each of which leads to all others.
import { cFiles, includesOf } from './source.mjs'

const nodeOf = (path) => path.replace(/\.[ch]$/, '')

// The format of the house puts a function's braces, and nothing else's, alone at column 0.
const FUNCTION = /^(?!static\b)[A-Za-z_][^;{}#=]*?\b(\w+)\([^;{}]*\)\s*\n\{/gm
const OBJECT = /^(?!static\b|extern\b|typedef\b|struct \w+;)[a-z][\w *]*?\b(\w+)(?:\[[^\]\n]*\])*(?: =|;)/gm

// The names that a .c file defines for others.
const definedIn = ({ code }) =>
  [FUNCTION, OBJECT].flatMap((form) => [...code.matchAll(form)].map((m) => m[1]))

// The bodies of a header's inline functions and macros: all of it that can use anything.
function bodiesOf({ code }) {
  const inline = [...code.matchAll(/^static inline[^;{}]*\n\{\n[^]*?\n\}/gm)]
  const macros = [...code.matchAll(/^[ \t]*#[ \t]*define(?:[^\n]*\\\n)*[^\n]*/gm)]
  return [...inline, ...macros].map(([body]) => body).join('\n')
}

// The words of a text that may name a function or an object: no tags, no members.
const wordsOf = (code) =>
  new Set([...code.matchAll(/(?<!\b(?:struct|enum|union) |\.|->)\b[A-Za-z_]\w*/g)].map(([word]) => word))

// readGraph FILES: the edges of the files of src/, as a Map from node to a Map from node to reasons.
export function readGraph(files = cFiles('src')) {
  const owner = new Map()
  const sources = files.filter(({ path }) => path.endsWith('.c'))
  for (const file of sources)
    for (const name of definedIn(file)) if (name !== 'main') owner.set(name, nodeOf(file.path))
  const hasCode = new Set(sources.map(({ path }) => nodeOf(path)))
  const declares = new Map()
  for (const file of files)
    if (file.path.endsWith('.h'))
      declares.set(file.path, new Set([...wordsOf(file.code)].map((w) => owner.get(w))))

  const graph = new Map()
  for (const file of files) {
    const from = nodeOf(file.path)
    if (!graph.has(from)) graph.set(from, new Map())
    const add = (to, reason) => {
      if (to === undefined || to === from) return
      const edges = graph.get(from)
      if (!edges.has(to)) edges.set(to, new Set())
      edges.get(to).add(reason)
    }
    for (const word of wordsOf(file.path.endsWith('.h') ? bodiesOf(file) : file.code))
      add(owner.get(word), word)
    for (const header of includesOf(file))
      if (hasCode.has(nodeOf(header)) && !declares.get(header)?.has(from)) add(nodeOf(header), `#include`)
  }
  return graph
}

// circlesOf GRAPH: its strongly connected components of more than one node (Tarjan), greatest first.
export function circlesOf(graph) {
  const order = new Map()
  const low = new Map()
  const stack = []
  const open = new Set()
  const circles = []
  const visit = (node) => {
    order.set(node, order.size)
    low.set(node, order.get(node))
    stack.push(node)
    open.add(node)
    for (const next of graph.get(node)?.keys() ?? []) {
      if (!order.has(next)) {
        visit(next)
        low.set(node, Math.min(low.get(node), low.get(next)))
      } else if (open.has(next)) low.set(node, Math.min(low.get(node), order.get(next)))
    }
    if (low.get(node) !== order.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    for (const member of circle) open.delete(member)
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles.sort((a, b) => b.length - a.length || (a[0] < b[0] ? -1 : 1))
}
