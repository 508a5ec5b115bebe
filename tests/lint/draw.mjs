// draw.mjs - the tree of src/ as text of at most 80 columns: its rooms, who includes whom, the circles
// among its files (graph.mjs), and how long things are. Generated files are not counted.
import { readFileSync } from 'node:fs'
import { densityOf } from './asserts.mjs'
import { circlesOf, readGraph } from './graph.mjs'
import { cFiles, includesOf } from './source.mjs'

const all = cFiles('src')
const files = all.filter(({ generated }) => !generated)
const roomOf = (path) => path.split('/')[1]
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',')
const lineCount = ({ text }) => text.split('\n').length - 1

// The rooms in the order of src/LAYERS, each after those that it may include.
function roomsInOrder() {
  const named = [...readFileSync('src/LAYERS', 'utf8').matchAll(/^(\w+):/gm)].map(([, room]) => room)
  return named.filter((room) => files.some(({ path }) => roomOf(path) === room))
}

function drawRooms() {
  const rooms = roomsInOrder()
  const includes = new Map(rooms.map((room) => [room, new Map()]))
  for (const file of files)
    for (const header of includesOf(file)) {
      const row = includes.get(roomOf(file.path))
      row?.set(roomOf(header), (row.get(roomOf(header)) ?? 0) + 1)
    }
  const mark = (room) => String.fromCharCode('a'.charCodeAt(0) + rooms.indexOf(room))
  const columns = rooms.filter((room) =>
    rooms.some((other) => other !== room && includes.get(other).has(room))
  )
  console.log('Rooms of src, and how many includes of each row lead to each column:')
  console.log(`  room     files  lines ${columns.map((room) => mark(room).padStart(4)).join('')}`)
  for (const room of rooms) {
    const own = files.filter(({ path }) => roomOf(path) === room)
    const lines = own.reduce((sum, file) => sum + lineCount(file), 0)
    const cells = columns.map((to) =>
      (to === room ? '·' : String(includes.get(room).get(to) ?? '')).padStart(4)
    )
    const head = `${mark(room)} ${room.padEnd(8)}${String(own.length).padStart(6)}${grouped(lines).padStart(7)} `
    console.log((head + cells.join('')).trimEnd())
  }
}

// Words after a head, continued on lines that are indented as far as it.
function wrapped(head, words) {
  let line = head
  for (const word of words) {
    if (line.length + 1 + word.length > 80) {
      console.log(line)
      line = ' '.repeat(head.length)
    }
    line += ` ${word}`
  }
  console.log(line)
}

function drawCircles() {
  const circles = circlesOf(readGraph(all))
  console.log(`Circles of files that include or use each other: ${circles.length}`)
  for (const circle of circles) {
    const rooms = new Set(circle.map(roomOf))
    const home = rooms.size === 1 ? roomOf(circle[0]) : ''
    const prefix = home === '' ? 'src/' : `src/${home}/`
    wrapped(
      `${String(circle.length).padStart(3)} ${home.padEnd(8)}`,
      circle.map((node) => node.slice(prefix.length))
    )
  }
}

// The lengths of functions, from the line on which its declaration begins to its closing brace.
function functionLengths({ code }) {
  const lengths = []
  for (const { 0: whole } of code.matchAll(
    /^[A-Za-z_][^;{}#]*\([^;{}]*\)[^;{}=]*\n\{\n(?:[^}\n][^\n]*\n|\n)*\}/gm
  ))
    lengths.push(whole.split('\n').length)
  return lengths
}

function figures(what, lengths) {
  const sorted = lengths.sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  const count = grouped(sorted.length).padStart(6)
  console.log(
    `${what.padEnd(10)}${count}   lines: median ${at(0.5)}, 95 % up to ${at(0.95)}, longest ${at(1)}`
  )
}

drawRooms()
console.log()
drawCircles()
console.log()
figures('functions', files.flatMap(functionLengths))
figures('files', files.map(lineCount))
const densities = ['dag', 'sync', 'store', 'node'].map(
  (room) => `${room} ${densityOf(all, room).perThousand.toFixed(1)}`
)
console.log(`assertions for 1,000 lines: ${densities.join(', ')}`)
