// markdown.ts - a message's text as vnodes. marked only cuts it into tokens; no HTML is ever made,
// and HTML in a message is text like any other.
import { h, type ComponentChildren } from 'preact'
import { Lexer, type Token, type Tokens } from 'marked'

const DEPTH_MAX = 20 // deeper nesting is shown as it was typed

// What a link may lead to. Others are shown as text.
export function safeHref(href: string): string | null {
  return /^(https?:\/\/|mailto:)/i.test(href) ? href : null
}

export function renderMarkdown(text: string): ComponentChildren {
  try {
    return blocks(new Lexer({ gfm: true, breaks: true }).lex(text), 0)
  } catch {
    return h('p', null, text) // what the lexer cannot read is still a message
  }
}

// Only pictographs, and few: they are shown large.
export function isEmojiOnly(text: string): boolean {
  return (
    text.length <= 30 &&
    /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\u200d\ufe0f]*\s*){1,3}$/u.test(text)
  )
}

function blocks(tokens: readonly Token[], depth: number): ComponentChildren[] {
  return tokens.map((token) => block(token, depth))
}

function block(token: Token, depth: number): ComponentChildren {
  if (depth > DEPTH_MAX) return token.raw
  switch (token.type) {
    case 'space':
    case 'def':
      return token.type === 'def' ? h('p', null, token.raw) : null
    case 'paragraph':
      return h('p', null, inlines(token.tokens ?? [], depth + 1))
    case 'heading':
      return h('p', { class: 'md-heading' }, inlines(token.tokens ?? [], depth + 1))
    case 'code':
      return h('pre', { tabIndex: 0 }, h('code', null, token.text))
    case 'blockquote':
      return h('blockquote', null, blocks(token.tokens ?? [], depth + 1))
    case 'list':
      return list(token as Tokens.List, depth)
    case 'hr':
      return h('hr', null)
    case 'table':
      return table(token as Tokens.Table, depth)
    case 'text':
      return 'tokens' in token && token.tokens ? inlines(token.tokens, depth + 1) : token.text
    case 'html':
      return h('p', null, token.raw.trimEnd())
    default:
      return inline(token, depth)
  }
}

function list(token: Tokens.List, depth: number): ComponentChildren {
  const items = token.items.map((item) =>
    h('li', null, item.task ? (item.checked ? '☑ ' : '☐ ') : null, blocks(item.tokens, depth + 1))
  )
  return token.ordered
    ? h('ol', { start: token.start === '' ? 1 : Number(token.start) }, items)
    : h('ul', null, items)
}

function table(token: Tokens.Table, depth: number): ComponentChildren {
  const row = (cells: Tokens.TableCell[], tag: 'th' | 'td') =>
    h(
      'tr',
      null,
      cells.map((cell) => h(tag, null, inlines(cell.tokens, depth + 1)))
    )
  return h(
    'div',
    { class: 'md-table', tabIndex: 0 },
    h(
      'table',
      null,
      h('thead', null, row(token.header, 'th')),
      h(
        'tbody',
        null,
        token.rows.map((cells) => row(cells, 'td'))
      )
    )
  )
}

function inlines(tokens: readonly Token[], depth: number): ComponentChildren[] {
  return tokens.map((token) => inline(token, depth))
}

function inline(token: Token, depth: number): ComponentChildren {
  if (depth > DEPTH_MAX) return token.raw
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return h(token.type, null, inlines(token.tokens ?? [], depth + 1))
    case 'codespan':
      return h('code', null, token.text)
    case 'br':
      return h('br', null)
    case 'link':
      return link(token as Tokens.Link, depth)
    case 'image':
      return safeHref(token.href) ? anchor(token.href, token.text || token.href) : token.raw
    case 'escape':
    case 'text':
      return 'tokens' in token && token.tokens ? inlines(token.tokens, depth + 1) : token.text
    default:
      return token.raw
  }
}

function link(token: Tokens.Link, depth: number): ComponentChildren {
  return safeHref(token.href) ? anchor(token.href, inlines(token.tokens, depth + 1)) : token.raw
}

function anchor(href: string, children: ComponentChildren): ComponentChildren {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, children)
}
