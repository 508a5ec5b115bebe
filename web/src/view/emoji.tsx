// emoji.tsx - a small palette of reactions, beside whatever asked for it.
import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'

export const QUICK = ['👍', '❤️', '😂'] as const

const palette: readonly (readonly [string, string])[] = [
  ['👍', 'thumbs up'],
  ['👎', 'thumbs down'],
  ['❤️', 'heart'],
  ['😂', 'tears of joy'],
  ['😮', 'surprised'],
  ['😢', 'crying'],
  ['🎉', 'party'],
  ['🙏', 'thanks'],
  ['👀', 'looking'],
  ['✅', 'done'],
  ['❌', 'no'],
  ['🔥', 'fire'],
  ['🚀', 'rocket'],
  ['💯', 'hundred'],
  ['👏', 'applause'],
  ['🤔', 'thinking'],
  ['😄', 'smile'],
  ['😅', 'sweat'],
  ['😍', 'in love'],
  ['😎', 'cool'],
  ['😭', 'sobbing'],
  ['🥳', 'celebrating'],
  ['🤝', 'handshake'],
  ['💡', 'idea'],
  ['⭐', 'star'],
  ['➕', 'plus'],
  ['👋', 'wave'],
  ['☕', 'coffee'],
  ['🫖', 'teapot'],
  ['🍰', 'cake'],
  ['🐛', 'bug'],
  ['🌱', 'seedling']
]
const COLUMNS = 8

interface Asked {
  at: DOMRect
  choose: (emoji: string) => void
  back: HTMLElement | null
}
export const asked = signal<Asked | null>(null)

export function askEmoji(from: HTMLElement, choose: (emoji: string) => void): void {
  asked.value = { at: from.getBoundingClientRect(), choose, back: from }
}

export function EmojiPalette() {
  const open = asked.value
  return open && <Palette key={`${open.at.x} ${open.at.y}`} {...open} />
}

function Palette({ at, choose, back }: Asked) {
  const element = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const box = element.current!
    box.showPopover()
    const { width, height } = box.getBoundingClientRect()
    const left = Math.max(8, Math.min(at.right - width, innerWidth - width - 8))
    const above = at.top - height - 6
    box.style.left = `${left}px`
    box.style.top = `${above > 8 ? above : Math.min(at.bottom + 6, innerHeight - height - 8)}px`
    box.querySelector('button')!.focus()
    return () => back?.isConnected && back.focus({ preventScroll: true })
  }, [])
  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key]
    if (!step) return
    event.preventDefault()
    const buttons = [...element.current!.querySelectorAll('button')]
    buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus()
  }
  const pick = (emoji: string) => {
    choose(emoji)
    element.current!.hidePopover()
  }
  return (
    <div
      ref={element}
      class="palette"
      popover="auto"
      role="dialog"
      aria-label="Choose a reaction"
      onKeyDown={move}
      onToggle={(event) => (event as unknown as ToggleEvent).newState === 'closed' && (asked.value = null)}
    >
      {palette.map(([emoji, name]) => (
        <button type="button" aria-label={name} title={name} onClick={() => pick(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  )
}
