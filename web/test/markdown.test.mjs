// A message's text becomes vnodes, and nothing in it becomes anything that its author chose to run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { isEmojiOnly, renderMarkdown, safeHref } = await load('model/markdown.ts')

// Vnodes as text, with each element's name around what it holds.
function show(node) {
  if (node === null || node === undefined || typeof node === 'boolean') return ''
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(show).join('')
  const inner = show(node.props.children)
  return node.type === 'a' ? `[${inner}](${node.props.href})` : `<${node.type}>${inner}</${node.type}>`
}
const md = (text) => show(renderMarkdown(text))
function each(node, visit) {
  if (Array.isArray(node)) node.forEach((one) => each(one, visit))
  else if (node && typeof node === 'object') {
    visit(node)
    each(node.props.children, visit)
  }
}

test('emphasis, code, quotes and lists', () => {
  assert.equal(md('a **b** _c_ `d`'), '<p>a <strong>b</strong> <em>c</em> <code>d</code></p>')
  assert.equal(md('- a\n- b'), '<ul><li>a</li><li>b</li></ul>')
  assert.equal(md('> a'), '<blockquote><p>a</p></blockquote>')
  assert.equal(md('```c\nint <x>;\n```'), '<pre><code>int <x>;</code></pre>')
  assert.equal(md('a\nb'), '<p>a<br></br>b</p>')
})

test('HTML is text, in lines and in blocks, with its entities as they were typed', () => {
  assert.equal(md('<b>x</b> &lt; `&amp;`'), '<p><b>x</b> &lt; <code>&amp;</code></p>')
  assert.equal(md('<script>alert(1)</script>'), '<p><script>alert(1)</script></p>')
  const types = new Set()
  each(renderMarkdown('<img src=x onerror=alert(1)>\n\n<iframe></iframe> <style>a</style>'), (node) =>
    types.add(node.type)
  )
  assert.deepEqual([...types], ['p'])
})

test('links lead to the web and to mail only, and take nothing along', () => {
  assert.equal(
    md('https://a.example/?b=1&c=2'),
    '<p>[https://a.example/?b=1&c=2](https://a.example/?b=1&c=2)</p>'
  )
  for (const bad of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '//a.example',
    '/v1/stop'
  ]) {
    assert.equal(safeHref(bad), null)
    each(renderMarkdown(`[x](${bad}) ![x](${bad}) <${bad}>`), (node) => assert.notEqual(node.type, 'a'))
  }
  each(renderMarkdown('[x](https://a.example "title") me@a.example'), (node) => {
    if (node.type !== 'a') return
    assert.equal(node.props.rel, 'noopener noreferrer')
    assert.equal(node.props.target, '_blank')
  })
})

test('a picture elsewhere is a link: showing it would tell its host who reads', () => {
  assert.equal(md('![cat](https://a.example/cat.png)'), '<p>[cat](https://a.example/cat.png)</p>')
})

test('what is nested too deeply is shown as it was typed', () => {
  const text = `${'> '.repeat(500)}deep`
  assert.match(md(text), /deep/)
  let most = 0
  const depth = (node, level) => {
    most = Math.max(most, level)
    if (Array.isArray(node)) node.forEach((one) => depth(one, level))
    else if (node && typeof node === 'object') depth(node.props.children, level + 1)
  }
  depth(renderMarkdown(text), 0)
  assert.ok(most < 30)
})

test('a message of pictographs alone is told from others', () => {
  assert.equal(isEmojiOnly('🫖🎉'), true)
  assert.equal(isEmojiOnly('❤️'), true)
  assert.equal(isEmojiOnly('1'), false)
  assert.equal(isEmojiOnly('ok 👍'), false)
})
