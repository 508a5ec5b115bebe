// test_read.mjs - what the generator does not understand it refuses, and says where. Prints TAP.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, readDocument, readNotificationTypes, readOperations } from './read.mjs'
import { notificationTypes, rows } from './rows.mjs'
import { readTypes, sources } from './types.mjs'

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
    'two answers for success that differ',
    (op) => {
      op.responses[200] = { ...op.responses[201], content: {} }
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

// The type that the operation of base() makes, once all of its parameters are required.
const types = new Map([
  [
    'thing',
    [
      { name: 'thing', kind: 'ID' },
      { name: 'text', kind: 'TEXT' },
      { name: 'kind', kind: 'U8' },
      { name: 'size', kind: 'U32' },
      { name: 'loud', kind: 'U8' },
      { name: 'other', kind: 'ID' }
    ]
  ],
  ['key', [{ name: 'signature', kind: 'SIG' }]]
])
const fieldsOf = (op) => op.requestBody.content['application/json'].schema
function author(op) {
  op['x-topo-authors'] = 'thing'
  fieldsOf(op).required = Object.keys(fieldsOf(op).properties)
}
function drop(op, name) {
  delete membersOf(op)[name]
  fieldsOf(op).required = fieldsOf(op).required.filter((other) => other !== name)
}

// The same for an operation that makes an event of the type "thing".
const authoringRefusals = [
  ['an unknown type of event', (op) => (op['x-topo-authors'] = 'thin'), /lists no type "thin"/],
  ['a field without a parameter', (op) => drop(op, 'size'), /"size" of thing is no parameter/],
  ['a field that may be absent', (op) => fieldsOf(op).required.shift(), /text is a field of thing/],
  [
    'a field of another kind',
    (op) => (membersOf(op).loud = membersOf(op).other),
    /loud is id here and U8 in thing/
  ],
  [
    'a parameter that is no field',
    (op) => (membersOf(op).more = membersOf(op).loud),
    /"more" is no field of thing/
  ],
  ['making an event without a key', (op) => op.parameters.pop(), /Idempotency-Key and answers 201/],
  [
    'making an event with another answer',
    (op) => {
      op.responses[200] = op.responses[201]
      delete op.responses[201]
    },
    /answers 201/
  ],
  ['making an event in the registry', (op) => (op['x-topo-where'] = 'registry'), /in the step of a space/]
]

function messageOf(ask) {
  try {
    ask()
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return 'nothing is refused'
}

function refusalOf(change) {
  const document = base()
  const item = itemOf(document)
  change(item.post, item, document)
  return messageOf(() => readOperations(document, types))
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

for (const [name, change, wanted] of authoringRefusals) {
  const said = refusalOf((op) => {
    author(op)
    change(op)
  })
  point(wanted.test(said), `${name} is refused`, said)
}
const authoring = base()
author(itemOf(authoring).post)
const made = rows('rows.gen.c', 'rows.', 'table', readOperations(authoring, types))
point(
  made.includes('.run = topo_op_author') && made.includes('.authors = &topo_type_thing'),
  'what only makes an event has the handler of all that does',
  made
)

// The types of notifications, in the document as it is and with one thing broken.
const whole = readDocument(new URL('openapi.yaml', import.meta.url))
const told = notificationTypes(readNotificationTypes(whole))
point(told.includes('X(TOPO_NOTIFY_MESSAGE, "message")'), 'what clients may be told is listed', told)
const notificationRefusals = [
  [
    'a type of notification that Event does not know',
    (s) => s.EventType.enum.push('planted'),
    /does not map "planted"/
  ],
  [
    'a type of notification with the schema of another',
    (s) => (s.Event.discriminator.mapping.channel = s.Event.discriminator.mapping.message),
    /has not this type/
  ],
  [
    'a durable notification that does not say when it is gone',
    (s) => {
      delete s.Event.discriminator.mapping['channel.gone']
      s.Event.oneOf = s.Event.oneOf.filter((one) => !one.$ref.endsWith('/ChannelGoneEvent'))
    },
    /does not map "channel.gone"/
  ],
  ['a notification that is no alternative', (s) => s.Event.oneOf.pop(), /not among the alternatives/],
  [
    'a subscription that cannot name all types',
    (s) => s.EventHello.properties.subscribe.items.properties.types.maxItems--,
    /maxItems of types must be/
  ]
]
for (const [name, change, wanted] of notificationRefusals) {
  const document = structuredClone(whole)
  change(document.components.schemas)
  const said = messageOf(() => readNotificationTypes(document))
  point(wanted.test(said), `${name} is refused`, said)
}

// A tree with one type in a folder, and what is read of it.
const tree = mkdtempSync(join(tmpdir(), 'topo-types-'))
const listing = (names) =>
  `#define TOPO_TYPE_LIST(X) \\\n${names.map((name) => `  X(${name})`).join(' \\\n')}\n\nX(nothing)\n`
mkdirSync(join(tree, 'src/events/poll'), { recursive: true })
writeFileSync(join(tree, 'src/events/types.h'), listing(['poll', 'vote']))
writeFileSync(
  join(tree, 'src/events/poll/poll.c'),
  `static const struct topo_field poll_fields[] = {
    [TOPO_POLL_TEXT] = {"text", TOPO_FIELD_TEXT, 1, 9, 0},
    {0},
};
const struct topo_type topo_type_poll = {.number = 1, .fields = poll_fields};
static const struct topo_field vote_fields[] = {
    {"poll", TOPO_FIELD_ID, 0, 0, 0}, {"choice",
     TOPO_FIELD_U8, 0, 9, 0}, {"turn", TOPO_FIELD_U32, 0, 0, 0}, {0}};
const struct topo_type topo_type_vote = {.number = 2,
                                         .fields = vote_fields,
                                         .completed = "turn"};
`
)
const read = JSON.stringify([...readTypes(tree)])
point(
  read ===
    '[["poll",[{"name":"text","kind":"TEXT"}]],["vote",[{"name":"poll","kind":"ID"},{"name":"choice","kind":"U8"}]]]',
  'types of events and the fields that an author chooses are read from the sources',
  read
)
point(
  sources(tree).includes('\tsrc/events/poll/poll.c \\\n\tsrc/events/types.h\n'),
  'the files of the folder are those that make knows',
  sources(tree)
)
writeFileSync(join(tree, 'src/events/types.h'), listing(['poll', 'nobody']))
const nobody = messageOf(() => readTypes(tree))
point(/no file defines topo_type_nobody/.test(nobody), 'a type that no file defines is refused', nobody)
rmSync(tree, { recursive: true })

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
