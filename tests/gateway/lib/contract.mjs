// contract.mjs - openapi/openapi.yaml as a judge: of requests, of answers, of events.
//
// Nothing here knows a route or a member of its own: what is checked is what the document says. Every
// success and every refusal that passed is counted for its operation, so that the last test of the
// suite can tell which operations nobody tried.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv/dist/2020.js'
import { parse } from 'yaml'

const source =
  process.env.TOPO_OPENAPI ?? fileURLToPath(new URL('../../../openapi/openapi.yaml', import.meta.url))
export const document = parse(readFileSync(source, 'utf8'))

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true })
// `discriminator` is for people and generators: the alternatives of Event tell themselves apart.
// The members of the document itself are no keywords of schemas, but its references begin at them.
ajv.addVocabulary(['example', 'discriminator', ...Object.keys(document)])
ajv.addKeyword({
  keyword: 'x-topo-bytes',
  type: 'string',
  schemaType: 'number',
  validate: (limit, text) => Buffer.byteLength(text) <= limit
})
ajv.addSchema({ $id: 'topo:openapi', ...document })

const validators = new Map()

// The validator of the schema at a JSON pointer into the document.
function validatorAt(pointer) {
  let found = validators.get(pointer)
  if (!found) {
    found = ajv.compile({ $ref: `topo:openapi#${pointer}` })
    validators.set(pointer, found)
  }
  return found
}

function check(pointer, value, what) {
  const valid = validatorAt(pointer)
  if (!valid(value))
    assert.fail(
      `${what}: ${ajv.errorsText(valid.errors, { dataVar: 'it' })}: ${JSON.stringify(value)?.slice(0, 600)}`
    )
}

const escape = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1')

// Follows $ref: the node itself and the pointer at which it really is.
function resolve(node, pointer) {
  while (node.$ref) {
    pointer = node.$ref.slice(1)
    node = at(pointer)
  }
  return { node, pointer }
}

function at(pointer) {
  return pointer
    .split('/')
    .slice(1)
    .reduce((node, part) => node[part.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

// operationId → { method, path, pointer, node, parameters: [{ node, pointer }] }
export const operations = new Map()
for (const [path, item] of Object.entries(document.paths)) {
  for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
    const node = item[method]
    if (!node) continue
    const pointer = `/paths/${escape(path)}/${method}`
    const shared = (item.parameters ?? []).map((p, i) => resolve(p, `/paths/${escape(path)}/parameters/${i}`))
    const own = (node.parameters ?? []).map((p, i) => resolve(p, `${pointer}/parameters/${i}`))
    assert(!operations.has(node.operationId), `two operations are called ${node.operationId}`)
    operations.set(node.operationId, {
      id: node.operationId,
      method: method.toUpperCase(),
      path,
      pointer,
      node,
      parameters: [...shared, ...own]
    })
  }
}

export function operation(id) {
  const found = operations.get(id)
  assert(found, `the document has no operation ${id}`)
  return found
}

// What is wrong with a request by the document; an empty list when it is as it should be.
export function requestFaults(op, { path = {}, query = {}, headers = {}, body }) {
  const faults = []
  const given = { path, query, header: headers }
  const lower = (place, name) => (place === 'header' ? name.toLowerCase() : name)
  for (const { node, pointer } of op.parameters) {
    const entry = Object.entries(given[node.in]).find(
      ([k]) => lower(node.in, k) === lower(node.in, node.name)
    )
    if (!entry) {
      if (node.required) faults.push(`${node.name} is missing`)
      continue
    }
    const valid = validatorAt(`${pointer}/schema`)
    if (!valid(entry[1])) faults.push(`${node.name}: ${ajv.errorsText(valid.errors)}`)
  }
  for (const place of ['path', 'query'])
    for (const name of Object.keys(given[place]))
      if (!op.parameters.some(({ node }) => node.in === place && node.name === name))
        faults.push(`there is no parameter ${name} in the ${place}`)
  return [...faults, ...bodyFaults(op, body)]
}

function bodyFaults(op, body) {
  const declared = op.node.requestBody
  if (body === undefined) return declared?.required ? ['there is no body'] : []
  if (!declared) return ['it takes no body']
  const valid = validatorAt(`${op.pointer}/requestBody/content/application~1json/schema`)
  return valid(body) ? [] : [`body: ${ajv.errorsText(valid.errors)}`]
}

// The requests of an operation as a path and a body's text; the answer's judge is `checkAnswer`.
export function target(op, { path = {}, query = {} }) {
  const filled = op.path.replace(/\{(\w+)\}/g, (all, name) =>
    name in path ? encodeURIComponent(path[name]) : assert.fail(`${op.id} wants ${name}`)
  )
  const search = new URLSearchParams(Object.entries(query)).toString()
  return search ? `${filled}?${search}` : filled
}

export const coverage = new Map([...operations.keys()].map((id) => [id, { success: 0, problem: 0 }]))

function checkHeaders(op, response, pointer, headers) {
  for (const [name, given] of Object.entries(response.headers ?? {})) {
    const { node, pointer: there } = resolve(given, `${pointer}/headers/${escape(name)}`)
    const value = headers[name.toLowerCase()]
    if (value === undefined) assert(!node.required, `${op.id}: the answer lacks ${name}`)
    else check(`${there}/schema`, value, `${op.id}: ${name}`)
  }
}

export const security = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer'
}

// Every answer, whoever asked and however: what the house promises beside the document.
export function checkAlways(answer, what) {
  // A protocol that is switched to is nothing a browser could take for a page.
  const owed = answer.status === 101 ? {} : security
  for (const [name, value] of Object.entries(owed))
    assert.equal(answer.headers[name], value, `${what}: ${name}`)
  for (const name of Object.keys(answer.headers))
    assert(!name.startsWith('access-control-'), `${what}: ${name} is sent`)
}

// A problem document: its type, its schema, and that it agrees with the answer that carries it.
export function checkProblem(answer, what) {
  assert.equal(
    answer.headers['content-type'],
    'application/problem+json',
    `${what}: ${answer.text.slice(0, 200)}`
  )
  check('/components/schemas/Problem', answer.body, what)
  assert.equal(answer.body.status, answer.status, `${what}: the status within`)
  assert.equal(answer.body.type, `urn:topo:problem:${answer.body.code}`, `${what}: its type`)
  if (!answer.stream)
    assert.equal(answer.body.request_id, answer.headers['x-request-id'], `${what}: its request id`)
}

// Throws unless the document promises such an answer; counts it when it does. `answer` has status,
// headers (names in lower case), text, and body (the parsed JSON, or undefined).
export function checkAnswer(op, answer) {
  const declared = op.node.responses[answer.status] ? String(answer.status) : 'default'
  const { node, pointer } = resolve(op.node.responses[declared], `${op.pointer}/responses/${declared}`)
  const what = `${op.id}: ${answer.status}`
  checkHeaders(op, node, pointer, answer.headers)
  checkAlways(answer, what)
  if (declared === 'default') {
    assert(answer.status >= 400, `${what} is not a refusal and not declared: ${answer.text.slice(0, 200)}`)
    checkProblem(answer, what)
    coverage.get(op.id).problem++
    return
  }
  if (answer.status < 300) checkBody(node, pointer, answer, what)
  else assert.equal(answer.text, '', `${what} has a body`)
  coverage.get(op.id).success++
}

function checkBody(node, pointer, answer, what) {
  const types = Object.keys(node.content ?? {})
  if (types.length === 0 || answer.stream) return
  const type = answer.headers['content-type']
  assert(types.includes(type), `${what}: Content-Type is ${type}`)
  check(`${pointer}/content/${escape(type)}/schema`, answer.body, what)
}

// One event frame, parsed.
export function checkEvent(event) {
  const there = document.components.schemas.Event.discriminator.mapping[event.type]
  assert(there, `there is no event of type ${event.type}`)
  check(there.slice(1), event, `event ${event.type}`) // says what is wrong better than Event does
  check('/components/schemas/Event', event, 'event')
}

export function checkBatch(batch) {
  check('/components/schemas/EventBatch', batch, 'batch')
  for (const event of batch) checkEvent(event)
}

export function checkHello(hello) {
  check('/components/schemas/EventHello', hello, 'hello')
}

// Every example of the document with the pointer of the schema that it is an example of.
export function* examples() {
  for (const [name, schema] of Object.entries(document.components.schemas))
    if (schema.example !== undefined) yield [`/components/schemas/${name}`, schema.example]
  for (const op of operations.values()) {
    const body = op.node.requestBody?.content?.['application/json']
    if (body?.example) yield [`${op.pointer}/requestBody/content/application~1json/schema`, body.example]
    for (const [status, given] of Object.entries(op.node.responses)) {
      const { node, pointer } = resolve(given, `${op.pointer}/responses/${status}`)
      for (const [type, content] of Object.entries(node.content ?? {}))
        if (content.example !== undefined)
          yield [`${pointer}/content/${escape(type)}/schema`, content.example]
    }
  }
}

export function checkExample(pointer, example) {
  check(pointer, example, `the example of ${pointer}`)
}
