// parts.tsx - what several views are made of: dialogs, avatars, fields, keys, copying.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { caps } from '../model/keymap.js'
import { hueOf, initials } from '../model/words.js'
import { dialog } from '../ui.js'
import { Icon, type IconName } from './icon.js'

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

export function Keys({ keys }: { keys: string }) {
  return (
    <span class="keys">
      {caps(keys, isMac).map((key) => (
        <kbd>{key}</kbd>
      ))}
    </span>
  )
}

// Shortcuts in the form of aria-keyshortcuts.
export const ariaKeys = (keys: string) => keys.replace('Ctrl', isMac ? 'Meta' : 'Control')

export function Avatar({ id, name, small }: { id: string; name: string; small?: boolean }) {
  return (
    <span class={`avatar hue-${hueOf(id)}${small ? ' small' : ''}`} aria-hidden="true">
      {initials(name)}
    </span>
  )
}

export function IconButton(props: {
  icon: IconName
  label: string
  onClick: (event: MouseEvent) => void
  class?: string
  pressed?: boolean
  expanded?: boolean
  keys?: string
  size?: number
}) {
  const title = props.keys ? `${props.label} (${caps(props.keys, isMac).join(' ')})` : props.label
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ''}`}
      aria-label={props.label}
      title={title}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-keyshortcuts={props.keys && ariaKeys(props.keys)}
      onClick={props.onClick}
    >
      <Icon name={props.icon} size={props.size ?? 18} />
    </button>
  )
}

// A modal dialog. Closing it, by whatever way, gives the focus back to where it was.
export function Dialog({
  title,
  wide,
  children,
  bare
}: {
  title: string
  wide?: boolean
  bare?: boolean
  children: ComponentChildren
}) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Before the next key comes: what is typed right after the shortcut belongs to the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    element.current!.showModal()
    return () => before?.isConnected && before.focus()
  }, [])
  // The event of a dialog that was closed comes late: another one may be open by then.
  const [kind] = useState(() => dialog.peek())
  const shut = () => dialog.peek() === kind && (dialog.value = null)
  return (
    <dialog
      ref={element}
      class={`dialog${wide ? ' wide' : ''}${bare ? ' bare' : ''}`}
      aria-labelledby={id}
      onClose={shut}
      onMouseDown={(event) => event.target === element.current && element.current!.close()}
    >
      <div class="dialog-body">
        <header class={bare ? 'hidden' : 'dialog-head'}>
          <h2 id={id}>{title}</h2>
          {!bare && <IconButton icon="close" label="Close" onClick={() => element.current!.close()} />}
        </header>
        {children}
      </div>
    </dialog>
  )
}

export function Field(props: {
  label: string
  value: string
  onInput: (value: string) => void
  hint?: string
  error?: string | null
  placeholder?: string
  autofocus?: boolean
  max?: number
  mono?: boolean
  name: string
}) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (props.autofocus) input.current!.focus()
  }, [])
  const described = [props.hint && `${id}-hint`, props.error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        ref={input}
        id={id}
        name={props.name}
        value={props.value}
        class={props.mono ? 'mono' : ''}
        placeholder={props.placeholder}
        maxLength={props.max ?? 80}
        autoComplete="off"
        spellcheck={false}
        aria-describedby={described || undefined}
        aria-invalid={props.error ? true : undefined}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && (
        <p class="error" id={`${id}-error`} role="alert">
          <Icon name="alert" size={16} />
          {props.error}
        </p>
      )}
    </div>
  )
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 2000)
    return () => clearTimeout(timer)
  }, [done])
  const copy = () => void navigator.clipboard.writeText(text).then(() => setDone(true))
  return (
    <button type="button" class="button primary" onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} size={16} />
      <span aria-live="polite">{done ? 'Copied' : label}</span>
    </button>
  )
}
