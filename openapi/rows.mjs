// rows.mjs - operations as C: the rows and tables of src/api/op.h.

const PLACES = { path: 'TOPO_OP_PATH', query: 'TOPO_OP_QUERY', body: 'TOPO_OP_BODY' }
const KINDS = {
  id: 'TOPO_OP_ID',
  text: 'TOPO_OP_TEXT',
  uint: 'TOPO_OP_UINT',
  bool: 'TOPO_OP_BOOL',
  enum: 'TOPO_OP_ENUM'
}
const WHERE = { registry: 'TOPO_OP_REGISTRY', read: 'TOPO_OP_READ', space: 'TOPO_OP_SPACE' }

// A C string literal. Trigraphs and hexadecimal escapes that swallow digits cannot come of it.
export function quote(text) {
  const escaped = text
    .replace(/[\\"?]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
  return `"${escaped}"`
}

export function head(file, role) {
  return `/* ${file} - ${role}\n * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */\n`
}

function textsName(operation, param) {
  return `texts_${operation.id}_${param.name}`
}

function paramsOf(operation) {
  const lines = []
  for (const param of operation.params)
    if (param.kind === 'enum')
      lines.push(
        `static const char *const ${textsName(operation, param)}[] = {${param.texts.map(quote).join(', ')}, NULL};`
      )
  lines.push(`static const struct topo_op_param params_${operation.id}[] = {`)
  for (const param of operation.params) {
    const bounds = param.max ? `, .min = ${param.min}, .max = ${param.max}` : ''
    const texts = param.kind === 'enum' ? `, .texts = ${textsName(operation, param)}` : ''
    lines.push(
      `    {.name = ${quote(param.name)}, .location = ${PLACES[param.place]}, .kind = ${KINDS[param.kind]}, ` +
        `.required = ${param.required}${bounds}${texts}},`
    )
  }
  lines.push('    {.name = NULL}};')
  return lines.join('\n')
}

function rowOf(operation) {
  return `const struct topo_op topo_op_row_${operation.id} = {
    .id = ${quote(operation.id)},
    .method = ${quote(operation.method)},
    .path = ${quote(operation.path)},
    .summary = ${quote(operation.summary)},
    .where = ${WHERE[operation.where]},
    .scope = TOPO_SCOPE_${operation.scope.toUpperCase()},
    .params = params_${operation.id},
    .run = ${operation.authors ? 'topo_op_author' : `topo_op_${operation.id}`},
    .creates = ${operation.answer.status === 201},
    .idempotent = ${operation.idempotent}${operation.authors ? `,\n    .authors = &topo_type_${operation.authors}` : ''}};`
}

// A file with the rows of some operations and the table that lists them.
export function rows(file, role, table, operations) {
  const authoring = operations.some(({ authors }) => authors)
    ? '#include "events/types.h"\n#include "node/author.h"\n'
    : ''
  const parts = [
    `${head(file, role)}#include "api/operations.gen.h"\n${authoring}\n#include <stddef.h>\n`,
    ...operations.map((operation) => `${paramsOf(operation)}\n${rowOf(operation)}\n`),
    `const struct topo_op *const ${table}[] = {\n` +
      operations.map((operation) => `    &topo_op_row_${operation.id},\n`).join('') +
      '    NULL};\n'
  ]
  return parts.join('\n')
}

// What clients are told, as EventType lists it: X(TOPO_NOTIFY_MESSAGE, "message").
export function notificationTypes(types) {
  const lines = types.map((type) => `  X(TOPO_NOTIFY_${type.toUpperCase()}, ${quote(type)})`)
  return `${head('notification_types.gen.h', 'what clients may be told.')}#ifndef TOPO_API_NOTIFICATION_TYPES_GEN_H
#define TOPO_API_NOTIFICATION_TYPES_GEN_H

#define TOPO_NOTIFICATION_TYPE_LIST(X) \\
${lines.join(' \\\n')}

#endif
`
}

// The header for those who write a handler or look a row up.
export function header(operations) {
  return `${head('operations.gen.h', 'the operations: their handlers, rows and tables.')}#ifndef TOPO_API_OPERATIONS_GEN_H
#define TOPO_API_OPERATIONS_GEN_H

#include "api/op.h"

/* Handlers: struct topo_op, run. One that is missing is an error of the linker. What only makes an event needs
 * none of its own: all of it has the one of node/author.h. */
${operations
  .filter(({ authors }) => !authors)
  .map(({ id }) => `int topo_op_${id}(struct topo_op_call *call, void *ctx);\n`)
  .join('')}
${operations.map((operation) => `extern const struct topo_op topo_op_row_${operation.id};\n`).join('')}
/* Of the daemon (TOPO_OP_REGISTRY), and of one space (TOPO_OP_READ, TOPO_OP_SPACE). Both end with NULL. */
extern const struct topo_op *const topo_registry_operations[];
extern const struct topo_op *const topo_space_operations[];

#endif
`
}
