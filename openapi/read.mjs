// read.mjs - openapi.yaml to a list of operations. What is not understood is refused: a row that says
// less than the document would let through what the document forbids.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export class Refusal extends Error {}

// Bounds of src/api/op.h.
const PARAMS_MAX = 12
const TEXT_MAX = 64 * 1024

const METHODS = ['get', 'post', 'put', 'delete']
const WHERE = ['gateway', 'registry', 'read', 'space']
const SCOPES = ['open', 'read', 'write', 'admin']
const PATH_KEYS = ['parameters', ...METHODS]
const OPERATION_KEYS = [
  'operationId',
  'tags',
  'summary',
  'description',
  'x-topo-where',
  'x-topo-scope',
  'x-topo-authors',
  'security',
  'parameters',
  'requestBody',
  'responses'
]
const PARAMETER_KEYS = ['name', 'in', 'required', 'description', 'schema']
// Headers are read by the front; a row only knows whether the operation has them.
const ROW_HEADERS = ['Idempotency-Key', 'If-None-Match']

function refuse(at, why) {
  throw new Refusal(`${at}: ${why}`)
}

function only(at, object, keys) {
  for (const key of Object.keys(object))
    if (!keys.includes(key)) refuse(at, `the generator does not understand "${key}"`)
}

function bound(at, schema, key) {
  const value = schema[key]
  if (!Number.isSafeInteger(value) || value < 0)
    refuse(at, `"${key}" must be a whole number, and must be there`)
  return value
}

// What $ref points at, with the siblings of the $ref on top.
function resolve(document, at, value) {
  if (!value || typeof value !== 'object') refuse(at, 'there must be an object here')
  if (!('$ref' in value)) return value
  const { $ref: ref, ...siblings } = value
  if (!ref.startsWith('#/')) refuse(at, `${ref} is not in this document`)
  let target = document
  for (const part of ref.slice(2).split('/')) target = target?.[part]
  if (!target) refuse(at, `there is no ${ref}`)
  return { ...resolve(document, at, target), ...siblings }
}

const isId = (schema) => schema?.$ref === '#/components/schemas/Id'

// The kind and the bounds of one parameter, as `enum topo_op_kind` has them.
function kindOf(document, at, declared) {
  const schema = resolve(document, at, declared)
  if (isId(declared)) return { kind: 'id', min: 0, max: 0 }
  if (schema.type === 'integer') {
    only(at, schema, ['type', 'minimum', 'maximum', 'description', 'example'])
    const [min, max] = [bound(at, schema, 'minimum'), bound(at, schema, 'maximum')]
    if (max < 1 || min > max) refuse(at, 'these bounds let no number through')
    return { kind: 'uint', min, max }
  }
  if (schema.type === 'boolean') {
    only(at, schema, ['type', 'description', 'example'])
    return { kind: 'bool', min: 0, max: 0 }
  }
  if (schema.type === 'string' && schema.enum) {
    only(at, schema, ['type', 'enum', 'description', 'example'])
    if (
      !schema.enum.length ||
      schema.enum.some((text) => typeof text !== 'string' || !/^[a-z-]+$/.test(text))
    )
      refuse(at, 'the texts of an enum must be words')
    return { kind: 'enum', min: 0, max: 0, texts: schema.enum }
  }
  if (schema.type === 'string') {
    only(at, schema, ['type', 'minLength', 'maxLength', 'x-topo-bytes', 'description', 'example'])
    const [min, max] = [bound(at, schema, 'minLength'), bound(at, schema, 'x-topo-bytes')]
    // A row counts bytes: 0 and 1 are the only lengths in characters that say the same in bytes, unless
    // the text has one length and is ASCII.
    if (min > 1 && !(min === schema.maxLength && min === max)) refuse(at, 'minLength may be 0 or 1')
    if (bound(at, schema, 'maxLength') > max) refuse(at, 'x-topo-bytes is less than maxLength')
    if (max < 1 || max > TEXT_MAX) refuse(at, `x-topo-bytes must be between 1 and ${TEXT_MAX}`)
    return { kind: 'text', min, max }
  }
  return refuse(at, 'a parameter must be an Id, an integer, a boolean or a string')
}

// What streams take is checked by the gateway itself, so a pattern may stand in place of bytes there.
function looseKind(document, declared) {
  const schema = resolve(document, 'schema', declared)
  if (isId(declared)) return { kind: 'id', min: 0, max: 0 }
  return { kind: 'text', min: schema.minLength ?? 0, max: schema.maxLength ?? 0, pattern: schema.pattern }
}

function readParameter(document, at, where, value) {
  const parameter = resolve(document, at, value)
  only(at, parameter, PARAMETER_KEYS)
  at = `${at} ${parameter.name}`
  if (!parameter.description) refuse(at, 'it has no description')
  const { name, in: place, required = false, description } = parameter
  if (!['path', 'query', 'header'].includes(place)) refuse(at, `a parameter cannot be in "${place}"`)
  if (place === 'path' && !required) refuse(at, 'a parameter in the path must be required')
  if (place === 'header' && where !== 'gateway' && !ROW_HEADERS.includes(name))
    refuse(at, `of headers only ${ROW_HEADERS.join(' and ')} are known`)
  const kind =
    place === 'header' || where === 'gateway'
      ? looseKind(document, parameter.schema)
      : kindOf(document, at, parameter.schema)
  return { name, place, required, description: description.trim(), ...kind }
}

// The members of the body as parameters, and an example of it.
function readBody(document, at, operation) {
  const body = operation.requestBody
  if (!body) return { members: [] }
  only(at, body, ['required', 'content', 'description'])
  only(at, body.content ?? {}, ['application/json'])
  const media = body.content?.['application/json']
  if (!media) refuse(at, 'a body must be application/json')
  only(at, media, ['schema', 'example'])
  const schema = resolve(document, at, media.schema)
  only(at, schema, ['type', 'required', 'properties', 'description'])
  if (schema.type !== 'object') refuse(at, 'a body must be an object')
  const required = schema.required ?? []
  const properties = schema.properties ?? {}
  for (const name of required) if (!(name in properties)) refuse(at, `${name} is required and not described`)
  if ((body.required ?? false) !== required.length > 0)
    refuse(at, 'a body is required if, and only if, one of its members is')
  const members = Object.entries(properties).map(([name, declared]) => ({
    name,
    place: 'body',
    required: required.includes(name),
    description: (resolve(document, at, declared).description ?? '').trim(),
    ...kindOf(document, `${at} ${name}`, declared)
  }))
  return { members, example: media.example ?? sample(document, at, media.schema) }
}

// A value that the schema describes, made of its examples.
export function sample(document, at, declared) {
  const schema = resolve(document, at, declared)
  if ('example' in schema) return schema.example
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.oneOf) return sample(document, at, schema.oneOf[0])
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => sample(document, at, part)))
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [
          name,
          sample(document, at, property)
        ])
      )
    case 'array':
      return [sample(document, at, schema.items)]
    case 'integer':
      return schema.minimum ?? 0
    case 'boolean':
      return false
    case 'string':
      return 'text'
    default:
      return refuse(at, `an example cannot be made of the type "${schema.type}"`)
  }
}

const sameContent = (a, b) => JSON.stringify(a.content) === JSON.stringify(b.content)

function readAnswer(document, at, where, operation) {
  const responses = operation.responses ?? {}
  let good = Object.keys(responses).filter((status) => status !== 'default' && status !== '304')
  // What makes a thing may find that it is there: the same answer, under another number.
  if (good.join() === '200,201' && sameContent(responses[200], responses[201])) good = ['201']
  if (good.length !== 1 || !(where === 'gateway' ? ['101', '200'] : ['200', '201']).includes(good[0]))
    refuse(at, 'there must be one answer for success, 200 or 201, or both with one content')
  if (responses.default?.$ref !== '#/components/responses/Problem')
    refuse(at, 'the default answer must be a Problem')
  const media = responses[good[0]].content?.['application/json']
  if (where !== 'gateway' && !media) refuse(at, 'the answer must be application/json')
  const answer = {
    status: Number(good[0]),
    description: responses[good[0]].description,
    unchanged: '304' in responses
  }
  if (media) answer.example = media.example ?? sample(document, at, media.schema)
  return answer
}

function checkNames(at, operation) {
  const inPath = [...operation.path.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1])
  const declared = operation.params.filter((p) => p.place === 'path').map((p) => p.name)
  if ([...inPath].sort().join() !== [...declared].sort().join())
    refuse(at, 'the parameters of the path and those described differ')
  const names = operation.params.map((p) => p.name)
  if (new Set(names).size !== names.length) refuse(at, 'a name stands for two parameters')
  if (names.length > PARAMS_MAX) refuse(at, `more than ${PARAMS_MAX} parameters`)
  if (['read', 'space'].includes(operation.where) && !inPath.includes('space'))
    refuse(at, 'what runs in a space has {space} in its path')
}

function checkSense(at, operation, security) {
  const { where, method, scope } = operation
  if (scope === 'open' && !(Array.isArray(security) && security.length === 0))
    refuse(at, 'the scope is open, and yet a token is asked for (security)')
  if (where === 'read' && method !== 'GET') refuse(at, 'what reads is a GET')
  if (method === 'GET' && operation.body.length) refuse(at, 'a GET has no body')
  if (operation.conditional && where !== 'read') refuse(at, 'only a read can be unchanged (If-None-Match)')
  if (operation.conditional !== operation.answer.unchanged)
    refuse(at, '304 and If-None-Match belong together')
  if (operation.idempotent && method !== 'POST') refuse(at, 'only a POST takes an Idempotency-Key')
}

// Which kinds of parameters fill a field.
const FIELD_KINDS = { ID: ['id'], TEXT: ['text'] }
for (const width of ['U8', 'U16', 'U32', 'U64']) FIELD_KINDS[width] = ['uint', 'bool', 'enum']

// An operation that only makes an event of one type: each field is the parameter of its name.
function checkAuthors(at, operation, types) {
  const type = operation.authors
  if (type === undefined) return
  const fields = types.get(type)
  if (!fields) refuse(at, `x-topo-authors: src/events/types.h lists no type "${type}"`)
  if (operation.where !== 'space' || operation.method !== 'POST')
    refuse(at, 'x-topo-authors: what makes an event is a POST that runs in the step of a space')
  if (!operation.idempotent || operation.answer.status !== 201)
    refuse(at, 'x-topo-authors: what makes an event takes an Idempotency-Key and answers 201')
  for (const field of fields) {
    const param = operation.params.find((one) => one.name === field.name)
    if (!param) refuse(at, `the field "${field.name}" of ${type} is no parameter`)
    if (!param.required) refuse(at, `${field.name} is a field of ${type}, so it must be required`)
    if (!FIELD_KINDS[field.kind]?.includes(param.kind))
      refuse(
        at,
        `${field.name} is ${param.kind} here and ${field.kind} in ${type}: write this handler by hand`
      )
  }
  for (const { name } of operation.params)
    if (name !== 'space' && !fields.some((field) => field.name === name))
      refuse(at, `the parameter "${name}" is no field of ${type}`)
}

function readOperation(document, types, path, method, shared, source) {
  const at = source.operationId ?? `${method} ${path}`
  only(at, source, OPERATION_KEYS)
  if (!/^[a-z][A-Za-z]+$/.test(source.operationId ?? ''))
    refuse(at, 'operationId must be a name like listThings')
  const where = source['x-topo-where']
  const scope = source['x-topo-scope']
  if (!WHERE.includes(where)) refuse(at, `x-topo-where must be one of ${WHERE.join(', ')}`)
  if (!SCOPES.includes(scope)) refuse(at, `x-topo-scope must be one of ${SCOPES.join(', ')}`)
  if (!source.summary || source.summary.includes('\n')) refuse(at, 'there must be a summary of one line')
  const all = [...shared, ...(source.parameters ?? [])].map((value) =>
    readParameter(document, at, where, value)
  )
  const headers = all.filter((parameter) => parameter.place === 'header')
  const { members, example } = readBody(document, at, source)
  const operation = {
    id: source.operationId,
    method: method.toUpperCase(),
    path,
    summary: source.summary,
    description: (source.description ?? '').trim(),
    where,
    scope,
    authors: source['x-topo-authors'],
    params: [...all.filter((parameter) => parameter.place !== 'header'), ...members],
    headers,
    body: members,
    example,
    answer: readAnswer(document, at, where, source),
    idempotent: headers.some((header) => header.name === 'Idempotency-Key'),
    conditional: headers.some((header) => header.name === 'If-None-Match')
  }
  checkNames(at, operation)
  checkSense(at, operation, source.security)
  checkAuthors(at, operation, types)
  return operation
}

// The operations of a document in its order; `types` are those of readTypes. Throws a Refusal that says where and why.
export function readOperations(document, types = new Map()) {
  const operations = []
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    only(path, item, PATH_KEYS)
    for (const method of METHODS)
      if (item[method])
        operations.push(readOperation(document, types, path, method, item.parameters ?? [], item[method]))
  }
  const ids = operations.map((operation) => operation.id)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) refuse(id, 'two operations have this id')
  return operations
}

// What has a cursor is durable, and so may be told to be gone; a workspace is always there.
const NEVER_GONE = ['workspace']

// The types of notifications. What EventType names is also an alternative of Event, and may all be subscribed to.
export function readNotificationTypes(document) {
  const at = 'EventType'
  const schemas = document.components?.schemas ?? {}
  const types = schemas.EventType?.enum
  if (!Array.isArray(types) || types.length === 0) refuse(at, 'there must be an enum here')
  const mapping = schemas.Event?.discriminator?.mapping ?? {}
  const alternatives = (schemas.Event?.oneOf ?? []).map((one) => one.$ref)
  for (const type of types) {
    if (!/^[a-z]+$/.test(type)) refuse(at, `${type} is not a word`)
    if (!(type in mapping)) refuse(at, `Event does not map "${type}" to a schema`)
    const durable = resolve(document, at, { $ref: mapping[type] }).required?.includes('cursor')
    if (durable && !NEVER_GONE.includes(type) && !(`${type}.gone` in mapping))
      refuse(at, `Event does not map "${type}.gone" to a schema`)
  }
  for (const [name, ref] of Object.entries(mapping)) {
    const schema = resolve(document, `Event ${name}`, { $ref: ref })
    if (schema.properties?.type?.const !== name) refuse(`Event ${name}`, `${ref} has not this type`)
    if (!alternatives.includes(ref)) refuse(`Event ${name}`, `${ref} is not among the alternatives`)
  }
  if (alternatives.length !== Object.keys(mapping).length)
    refuse('Event', 'the alternatives and the mapping differ')
  const most = schemas.EventHello?.properties?.subscribe?.items?.properties?.types?.maxItems
  if (most !== types.length) refuse('EventHello', `maxItems of types must be ${types.length}: all of them`)
  return types
}

export function readDocument(file) {
  return parse(readFileSync(file, 'utf8'))
}
