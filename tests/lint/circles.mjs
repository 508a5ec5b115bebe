// circles.mjs - circles among the files of src/ (see graph.mjs): no more than there were, none where none
// may be.
//
//   node tests/lint/circles.mjs MOST [FOLDER...]   breaches: MOST circles in src/, none in the folders named
//   node tests/lint/circles.mjs --why              every edge of every circle, with its reasons
import { dirname } from 'node:path'
import { breaches } from './source.mjs'
import { circlesOf, readGraph } from './graph.mjs'

const graph = readGraph()
const circles = circlesOf(graph)
const names = (circle) => circle.map((node) => node.replace(/^src\//, '')).join(' ')
const named = (circle) => `${circle[0]}.c:1: a circle of ${circle.length}: ${names(circle)}`

const [most, ...free] = process.argv.slice(2)
if (most === '--why') {
  for (const circle of circles) {
    console.log(names(circle))
    for (const from of circle)
      for (const [to, reasons] of graph.get(from))
        if (circle.includes(to))
          console.log(`  ${names([from])} -> ${names([to])}: ${[...reasons].join(' ')}`)
  }
} else {
  if (circles.length > Number(most)) breaches('most', circles.map(named))
  if (circles.length < Number(most))
    breaches('fewer', [`tests/lint/circles.sh:1: there are ${circles.length} circles: lower "most" to that`])
  const inFree = (node) => free.some((folder) => `${dirname(node)}/`.startsWith(`src/${folder}/`))
  breaches('free', circles.filter((circle) => circle.some(inFree)).map(named))
}
