// test_read.mjs - what the generator does not understand it refuses, and says where. Prints TAP.
import { Refusal, readOperations } from './read.mjs'
import { rows } from './rows.mjs'

// A document with one operation that is understood, made anew for each case.
const base = () => ({
  paths: {
    '/v1/spaces/{space}/things/{thing}': {
      parameters: [
        {
          name: 'space',
          in: 'path',
          required: true,
          description: 'Where',
          schema: { $ref: '#/components/schemas/Id' }
        }
      ],
      post: {
        operationId: 'makeThing',
        summary: 'Make a "thing"?',
        'x-topo-where': 'space',
        'x-topo-scope': 'write',
        parameters: [
          {
            name: 'thing',
            in: 'path',
            required: true,
            description: 'Which',
            schema: { $ref: '#/components/schemas/Id' }
          },
          { name: 'Idempotency-Key', in: 'header', description: 'Once', schema: { type: 'string' } }
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['text'],
                properties: {
                  text: { type: 'string', minLength: 1, maxLength: 9, 'x-topo-bytes': 12 },
                  kind: { type: 'string', enum: ['big', 'small'] },
                  size: { type: 'integer', minimum: 2, maximum: 7 },
                  loud: { type: 'boolean' },
                  other: { $ref: '#/components/schemas/Id' }
                }
              }
            }
          }
        },
        responses: {
          201: {
            description: 'Made',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Id' } } }
          },
          default: { $ref: '#/components/responses/Problem' }
        }
      }
    }
  },
  components: { schemas: { Id: { type: 'string', minLength: 43, maxLength: 43, example: 'x' } } }
})

const itemOf = (document) => document.paths['/v1/spaces/{space}/things/{thing}']
const membersOf = (op) => op.requestBody.content['application/json'].schema.properties

// Each: what is wrong, how it is made so, and what the refusal says.
const refusals = [
  [
    'an unknown member of an operation',
    (op) => {
      op.deprecated = true
    },
    /"deprecated"/
  ],
  [
    'an unknown extension',
    (op) => {
      op['x-topo-wher'] = 'space'
    },
    /"x-topo-wher"/
  ],
  [
    'no place to run',
    (op) => {
      delete op['x-topo-where']
    },
    /x-topo-where/
  ],
  [
    'an unknown scope',
    (op) => {
      op['x-topo-scope'] = 'root'
    },
    /x-topo-scope/
  ],
  [
    'no name',
    (op) => {
      delete op.operationId
    },
    /operationId/
  ],
  [
    'a method that no row has',
    (op, item) => {
      item.patch = op
    },
    /"patch"/
  ],
  [
    'a text without bytes',
    (op) => {
      delete membersOf(op).text['x-topo-bytes']
    },
    /text: "x-topo-bytes"/
  ],
  [
    'a text without a least length',
    (op) => {
      delete membersOf(op).text.minLength
    },
    /text: "minLength"/
  ],
  [
    'a text of more characters than bytes',
    (op) => {
      membersOf(op).text.maxLength = 13
    },
    /less than maxLength/
  ],
  [
    'a least length that bytes cannot say',
    (op) => {
      membersOf(op).text.minLength = 2
    },
    /minLength may be/
  ],
  [
    'a text past the bound of the API',
    (op) => {
      membersOf(op).text['x-topo-bytes'] = 65537
    },
    /between 1 and 65536/
  ],
  [
    'a pattern',
    (op) => {
      membersOf(op).text.pattern = '^a'
    },
    /"pattern"/
  ],
  [
    'an integer without a bound',
    (op) => {
      delete membersOf(op).size.maximum
    },
    /size: "maximum"/
  ],
  [
    'bounds that let nothing through',
    (op) => {
      membersOf(op).size.minimum = 8
    },
    /no number/
  ],
  [
    'a negative bound',
    (op) => {
      membersOf(op).size.minimum = -1
    },
    /"minimum"/
  ],
  [
    'a list as a member',
    (op) => {
      membersOf(op).list = { type: 'array', items: {} }
    },
    /list: a parameter must be/
  ],
  [
    'a choice of nothing',
    (op) => {
      membersOf(op).kind.enum = []
    },
    /enum/
  ],
  [
    'a member that is required and missing',
    (op) => {
      delete membersOf(op).text
    },
    /text is required/
  ],
  [
    'a body that may be missing with a member that may not',
    (op) => {
      op.requestBody.required = false
    },
    /body is required/
  ],
  [
    'a body of another type',
    (op) => {
      op.requestBody.content['text/plain'] = {}
    },
    /"text\/plain"/
  ],
  [
    'an unknown header',
    (op) => {
      op.parameters[1].name = 'X-Other'
    },
    /of headers/
  ],
  [
    'a parameter in a cookie',
    (op) => {
      op.parameters[0].in = 'cookie'
    },
    /"cookie"/
  ],
  [
    'a path parameter that nobody describes',
    (op) => {
      op.parameters.shift()
    },
    /of the path/
  ],
  [
    'one name for two parameters',
    (op) => {
      membersOf(op).thing = { type: 'boolean' }
    },
    /two parameters/
  ],
  [
    'more parameters than a call holds',
    (op) => {
      for (let i = 0; i < 9; i++) membersOf(op)[`more_${i}`] = { type: 'boolean' }
    },
    /more than 12/
  ],
  [
    'a reference into nothing',
    (op) => {
      membersOf(op).other.$ref = '#/components/schemas/Nothing'
    },
    /no #\/components/
  ],
  [
    'two answers for success',
    (op) => {
      op.responses[200] = op.responses[201]
    },
    /one answer for success/
  ],
  [
    'no answer for refusals',
    (op) => {
      delete op.responses.default
    },
    /Problem/
  ],
  [
    'an open operation that wants a token',
    (op) => {
      op['x-topo-scope'] = 'open'
    },
    /scope is open/
  ],
  [
    'a read that is no GET',
    (op) => {
      op['x-topo-where'] = 'read'
    },
    /what reads is a GET/
  ],
  [
    '304 without If-None-Match',
    (op) => {
      op.responses[304] = {}
    },
    /304/
  ],
  [
    'one name for two operations',
    (op, item, document) => {
      document.paths['/v1/spaces/{space}/things/{thing}/more'] = item
    },
    /two operations/
  ]
]

function refusalOf(change) {
  const document = base()
  const item = itemOf(document)
  change(item.post, item, document)
  try {
    readOperations(document)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'nothing is refused'
}

let points = 0
function point(good, name, said) {
  points++
  process.stdout.write(`${good ? 'ok' : 'not ok'} ${points} - ${name}\n`)
  if (!good) {
    process.stdout.write(`# ${said}\n`)
    process.exitCode = 1
  }
}

for (const [name, change, wanted] of refusals) {
  const said = refusalOf(change)
  point(wanted.test(said), `${name} is refused`, said)
}

const c = rows('file', 'role.', 'table', readOperations(base()))
const lines = [
  '.summary = "Make a \\"thing\\"\\?"',
  '.scope = TOPO_SCOPE_WRITE',
  '.where = TOPO_OP_SPACE',
  '.run = topo_op_makeThing',
  '.creates = true',
  '.idempotent = true',
  '{.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true}',
  '{.name = "text", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 12}',
  '.kind = TOPO_OP_ENUM, .required = false, .texts = texts_makeThing_kind}',
  'texts_makeThing_kind[] = {"big", "small", NULL}',
  '.kind = TOPO_OP_UINT, .required = false, .min = 2, .max = 7}',
  '{.name = "loud", .location = TOPO_OP_BODY, .kind = TOPO_OP_BOOL, .required = false}',
  '{.name = "other", .location = TOPO_OP_BODY, .kind = TOPO_OP_ID, .required = false}'
]
const missing = lines.filter((line) => !c.includes(line))
point(missing.length === 0, 'a row says all that the document says', missing.join(' '))
point(!c.includes('Idempotency-Key'), 'headers are no parameters of a row', 'Idempotency-Key')
process.stdout.write(`1..${points}\n`)
