// composer.tsx - where messages are written. A draft stays with its channel until it was sent.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { shortcutOf } from '../model/keymap.js'
import { draftOf, setDraft } from '../local.js'
import { OUTBOX_MAX, send, spaceOf, tell } from '../store.js'
import { Icon } from './icon.js'

const TEXT_MAX = 32_768 // bytes of UTF-8, as the API has it
const NEAR = 2_000 // bytes left when people are told
const marks: Record<string, string> = { bold: '**', italic: '_', code: '`' }

export function Composer({ space, channel, name }: { space: string; channel: string; name: string }) {
  const [text, setText] = useState(() => draftOf(space, channel))
  const area = useRef<HTMLTextAreaElement>(null)
  const left = TEXT_MAX - new TextEncoder().encode(text.trim()).length
  const sendable = text.trim() !== '' && left >= 0

  useLayoutEffect(() => {
    if (matchMedia('(pointer: fine)').matches) area.current!.focus({ preventScroll: true })
  }, [])
  useLayoutEffect(() => {
    const box = area.current!
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight}px`
  }, [text])

  const change = (value: string) => {
    setText(value)
    setDraft(space, channel, value)
  }
  const submit = () => {
    if (!sendable) return
    if (spaceOf(space)!.peek().outbox.length >= OUTBOX_MAX) {
      tell('Too many messages wait for the node. This one stays here.')
      return
    }
    send(space, channel, text.trim())
    change('')
    area.current!.focus()
  }
  const wrap = (mark: string) => {
    const box = area.current!
    const { selectionStart: from, selectionEnd: to } = box
    change(text.slice(0, from) + mark + text.slice(from, to) + mark + text.slice(to))
    requestAnimationFrame(() => box.setSelectionRange(from + mark.length, to + mark.length))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends the composition of a character sends nothing.
    if (event.isComposing || event.keyCode === 229) return
    const id = shortcutOf(event, 'Composer')
    if (id === 'send') {
      event.preventDefault()
      submit()
    } else if (id && marks[id]) {
      event.preventDefault()
      wrap(marks[id])
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault()
      document.querySelector<HTMLElement>(".rows article[tabindex='0']")?.focus()
    }
  }

  return (
    <form class="composer" data-region="composer" onSubmit={(event) => (event.preventDefault(), submit())}>
      <div class="composer-box">
        <textarea
          ref={area}
          rows={1}
          value={text}
          placeholder={`Message #${name}`}
          aria-label={`Message #${name}`}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {left < NEAR && (
          <span class={`left${left < 0 ? ' bad' : ''}`} role="status">
            {left}
          </span>
        )}
        <button class="send" disabled={!sendable} aria-label="Send" title="Send (Enter)">
          <Icon name="send" size={18} />
        </button>
      </div>
    </form>
  )
}
