// keymap.ts - every keyboard shortcut, once: the handler and the list that people see read this.

export interface KeyEvent {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

export interface Shortcut {
  id: string
  keys: string // as `matches` reads it and people see it
  text: string
  where: 'Everywhere' | 'Messages' | 'Composer'
}

export const KEYMAP: readonly Shortcut[] = [
  { id: 'switch', keys: 'Ctrl+K', text: 'Go to a channel or workspace', where: 'Everywhere' },
  { id: 'previous', keys: 'Alt+ArrowUp', text: 'Previous channel', where: 'Everywhere' },
  { id: 'next', keys: 'Alt+ArrowDown', text: 'Next channel', where: 'Everywhere' },
  { id: 'previous-unread', keys: 'Alt+Shift+ArrowUp', text: 'Previous unread channel', where: 'Everywhere' },
  { id: 'next-unread', keys: 'Alt+Shift+ArrowDown', text: 'Next unread channel', where: 'Everywhere' },
  { id: 'region', keys: 'F6', text: 'Next part of the window', where: 'Everywhere' },
  { id: 'region-back', keys: 'Shift+F6', text: 'Previous part of the window', where: 'Everywhere' },
  { id: 'members', keys: 'Ctrl+.', text: 'Show or hide the members', where: 'Everywhere' },
  { id: 'shortcuts', keys: 'Ctrl+/', text: 'This list', where: 'Everywhere' },
  { id: 'close', keys: 'Escape', text: 'Close, or go back to the composer', where: 'Everywhere' },
  { id: 'row-up', keys: 'ArrowUp', text: 'Message above', where: 'Messages' },
  { id: 'row-down', keys: 'ArrowDown', text: 'Message below', where: 'Messages' },
  { id: 'row-first', keys: 'Home', text: 'First loaded message', where: 'Messages' },
  { id: 'row-last', keys: 'End', text: 'Newest message', where: 'Messages' },
  { id: 'react', keys: 'R', text: 'React to the message', where: 'Messages' },
  { id: 'copy', keys: 'C', text: 'Copy the text', where: 'Messages' },
  { id: 'send', keys: 'Enter', text: 'Send', where: 'Composer' },
  { id: 'break', keys: 'Shift+Enter', text: 'New line', where: 'Composer' },
  { id: 'bold', keys: 'Ctrl+B', text: 'Bold', where: 'Composer' },
  { id: 'italic', keys: 'Ctrl+I', text: 'Italic', where: 'Composer' },
  { id: 'code', keys: 'Ctrl+E', text: 'Code', where: 'Composer' }
]

// On a Mac the command key stands for Ctrl.
export function matches(event: KeyEvent, keys: string): boolean {
  const parts = keys.split('+')
  const key = parts[parts.length - 1]!
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    (event.ctrlKey || event.metaKey) === parts.includes('Ctrl') &&
    event.altKey === parts.includes('Alt') &&
    event.shiftKey === parts.includes('Shift')
  )
}

export function shortcutOf(event: KeyEvent, where: Shortcut['where']): string | null {
  return KEYMAP.find((one) => one.where === where && matches(event, one.keys))?.id ?? null
}

// "Ctrl+K" as caps for people.
export function caps(keys: string, mac: boolean): string[] {
  const names: Record<string, string> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    ...(mac ? { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' } : {})
  }
  return keys.split('+').map((key) => names[key] ?? key)
}
