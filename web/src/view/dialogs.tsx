// dialogs.tsx - the smaller dialogs: a new channel, going somewhere, shortcuts, appearance.
import { useMemo, useRef, useState } from 'preact/hooks'
import { failureText } from '../api.js'
import { KEYMAP, type Shortcut } from '../model/keymap.js'
import { isUnread } from '../model/space.js'
import type { SpaceData } from '../model/types.js'
import { rank, type Place } from '../model/places.js'
import { density, readsOf, setDensity, setTheme, theme } from '../local.js'
import { createChannel, spaceList } from '../store.js'
import { dialog, go } from '../ui.js'
import { Icon } from './icon.js'
import { Dialog, Field, Keys } from './parts.js'

export function ChannelDialog({ data }: { data: SpaceData }) {
  const [name, setName] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  // One for however many attempts; another name has another.
  const key = useMemo(() => crypto.randomUUID(), [name])
  const make = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    try {
      const channel = await createChannel(data.space.space, name.trim(), key)
      dialog.value = null
      go({ view: 'channel', space: data.space.space, channel, members: false })
    } catch (failure) {
      setError(failureText(failure))
      setBusy(false)
    }
  }
  return (
    <Dialog title="Create a channel">
      <form onSubmit={make}>
        <Field
          label="Name"
          name="channel"
          value={name}
          placeholder="kettles"
          autofocus
          error={error}
          hint={`Everyone in ${data.space.name} can read and write in it.`}
          onInput={(value) => (setName(value.replace(/\s+/g, '-')), setError(null))}
        />
        <button class="button primary big" disabled={busy || !name.trim()}>
          {busy ? 'Creating…' : 'Create channel'}
        </button>
      </form>
    </Dialog>
  )
}

function allPlaces(): Place[] {
  const places: Place[] = []
  for (const data of spaceList.value) {
    const space = data.space.space
    const reads = readsOf(space)
    const workspace = data.space.name || 'A workspace'
    for (const one of data.channels) {
      const unread = reads !== undefined && isUnread(data, one.channel, reads[one.channel])
      const recent = data.latest.get(one.channel)?.place ?? ''
      places.push({
        kind: 'channel',
        name: one.name,
        detail: workspace,
        unread,
        recent,
        space,
        channel: one.channel
      })
    }
    places.push({
      kind: 'workspace',
      name: workspace,
      detail: data.space.user_name,
      unread: false,
      recent: '',
      space,
      channel: ''
    })
  }
  return places
}

export function SwitchDialog() {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const all = useMemo(allPlaces, [])
  const found = rank(all, query).slice(0, 12)
  const open = (place: Place | undefined) => {
    if (!place) return
    dialog.value = null
    go(
      place.kind === 'channel'
        ? { view: 'channel', space: place.space, channel: place.channel, members: false }
        : { view: 'space', space: place.space }
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && found.length > 0) {
      event.preventDefault()
      const next = (at + step + found.length) % found.length
      setAt(next)
      list.current!.children[next]?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      open(found[at])
    }
  }
  return (
    <Dialog title="Go to" bare>
      <div class="switcher">
        <div class="switcher-input">
          <Icon name="search" size={18} />
          <input
            autofocus
            role="combobox"
            aria-label="Go to a channel or workspace"
            aria-expanded={true}
            aria-controls="switch-list"
            aria-autocomplete="list"
            aria-activedescendant={found[at] ? `switch-${at}` : undefined}
            placeholder="Go to a channel or workspace"
            value={query}
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => (setQuery(event.currentTarget.value), setAt(0))}
            onKeyDown={onKeyDown}
          />
          <kbd>Esc</kbd>
        </div>
        <ul ref={list} id="switch-list" role="listbox" aria-label="Places">
          {found.map((place, index) => (
            <li
              key={`${place.space}${place.channel}`}
              id={`switch-${index}`}
              role="option"
              aria-selected={index === at}
              class={place.unread ? 'unread' : ''}
              onMouseMove={() => setAt(index)}
              onClick={() => open(place)}
            >
              <Icon name={place.kind === 'channel' ? 'hash' : 'users'} size={16} />
              <span class="switch-name">{place.name}</span>
              {place.unread && <span class="tag accent">unread</span>}
              <span class="hint">{place.detail}</span>
            </li>
          ))}
        </ul>
        {found.length === 0 && (
          <p class="switch-none" role="status">
            Nothing here has that name.
          </p>
        )}
      </div>
    </Dialog>
  )
}

export function ShortcutsDialog() {
  const parts: Shortcut['where'][] = ['Everywhere', 'Messages', 'Composer']
  return (
    <Dialog title="Keyboard shortcuts" wide>
      <div class="shortcuts">
        {parts.map((where) => (
          <section key={where}>
            <h3>{where}</h3>
            <dl>
              {KEYMAP.filter((one) => one.where === where).map((one) => (
                <div key={one.id}>
                  <dt>{one.text}</dt>
                  <dd>
                    <Keys keys={one.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function Choice<T extends string>(props: {
  legend: string
  name: string
  value: T
  options: readonly (readonly [T, string])[]
  onChange: (value: T) => void
}) {
  return (
    <fieldset class="segments">
      <legend>{props.legend}</legend>
      <div>
        {props.options.map(([value, text]) => (
          <label key={value}>
            <input
              type="radio"
              name={props.name}
              checked={props.value === value}
              onChange={() => props.onChange(value)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

export function SettingsDialog() {
  return (
    <Dialog title="Appearance">
      <Choice
        legend="Theme"
        name="theme"
        value={theme.value}
        onChange={setTheme}
        options={[
          ['system', 'System'],
          ['light', 'Light'],
          ['dark', 'Dark']
        ]}
      />
      <Choice
        legend="Density"
        name="density"
        value={density.value}
        onChange={setDensity}
        options={[
          ['comfortable', 'Comfortable'],
          ['compact', 'Compact']
        ]}
      />
      <button type="button" class="button" onClick={() => (dialog.value = 'shortcuts')}>
        <Icon name="keyboard" size={16} />
        Keyboard shortcuts
      </button>
    </Dialog>
  )
}
