// describe.mjs - what `topo describe` prints: each operation as text for people and as JSON.
import { head, quote } from './rows.mjs'

const KINDS = { id: 'id', text: 'text', uint: 'integer', bool: 'boolean', enum: 'one of' }
const WIDTH = 78

function boundsOf(param) {
  if (param.kind === 'enum') return param.texts.join(' ')
  if (param.kind === 'id') return '43 characters of base64url'
  if (param.pattern) return `${param.min} to ${param.max} bytes, like ${param.pattern}`
  if (param.kind === 'text' && param.max) return `${param.min} to ${param.max} bytes`
  return param.kind === 'uint' ? `${param.min} to ${param.max}` : ''
}

function wrap(text, indent) {
  const lines = ['']
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines[lines.length - 1]
    if (last && last.length + word.length >= WIDTH - indent) lines.push(word)
    else lines[lines.length - 1] = last ? `${last} ${word}` : word
  }
  return lines.map((line) => ' '.repeat(indent) + line).join('\n') + '\n'
}

function paramText(param) {
  const facts = [
    `in ${param.place === 'path' || param.place === 'body' ? `the ${param.place}` : `a ${param.place}`}`,
    param.required ? 'required' : 'optional'
  ]
  if (param.place === 'query') facts[0] = 'in the query'
  const kind = `${KINDS[param.kind]} ${param.kind === 'enum' ? boundsOf(param) : ''}`.trim()
  const bounds = param.kind === 'enum' ? '' : boundsOf(param)
  const line = `  ${param.name}: ${[kind, bounds, ...facts].filter(Boolean).join(', ')}\n`
  return line + (param.description ? wrap(param.description, 6) : '')
}

const allParams = (operation) => [...operation.params, ...operation.headers]

function textOf(operation) {
  let text = `${operation.id}: ${operation.summary}\n\n  ${operation.method} ${operation.path}\n`
  text += `  scope: ${operation.scope}\n`
  if (operation.description) text += `\n${wrap(operation.description, 0)}`
  if (allParams(operation).length) text += `\nparameters\n${allParams(operation).map(paramText).join('')}`
  if (operation.example !== undefined) text += `\nbody, for example\n  ${JSON.stringify(operation.example)}\n`
  text += `\nanswer ${operation.answer.status}: ${operation.answer.description}\n`
  if (operation.answer.example !== undefined) text += `  ${JSON.stringify(operation.answer.example)}\n`
  return text
}

function jsonOf(operation) {
  return JSON.stringify({
    id: operation.id,
    method: operation.method,
    path: operation.path,
    summary: operation.summary,
    description: operation.description,
    scope: operation.scope,
    parameters: allParams(operation).map((param) => ({
      name: param.name,
      in: param.place,
      kind: KINDS[param.kind] === 'one of' ? 'text' : KINDS[param.kind],
      required: param.required,
      ...(param.kind === 'enum' ? { values: param.texts } : {}),
      ...(['text', 'uint'].includes(param.kind) && param.max ? { min: param.min, max: param.max } : {}),
      ...(param.pattern ? { pattern: param.pattern } : {}),
      description: param.description
    })),
    body: operation.example ?? null,
    status: operation.answer.status,
    answer: operation.answer.example ?? null
  })
}

// Adjacent literals, one for each line of the text.
function literal(text) {
  return text
    .split(/(?<=\n)/)
    .map((line) => `     ${quote(line)}`)
    .join('\n')
}

export function descriptions(operations) {
  const rows = operations.map(
    (operation) =>
      `    {${quote(operation.id)}, ${quote(operation.method)}, ${quote(operation.path)},\n` +
      `     ${quote(operation.summary)},\n${literal(textOf(operation))},\n     ${quote(jsonOf(operation))}},\n`
  )
  return `${head('describe.gen.c', 'every operation of the API in words.')}#include "cli/describe.h"

#include <stddef.h>

const struct topo_cli_description topo_cli_descriptions[] = {
${rows.join('')}    {NULL, NULL, NULL, NULL, NULL, NULL}};
`
}
