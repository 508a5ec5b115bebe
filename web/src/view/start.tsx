// start.tsx - the first screens: found a workspace or join one, and waiting for a peer.
import { useEffect, useState } from 'preact/hooks'
import { failureText } from '../api.js'
import type { SpaceData } from '../model/types.js'
import { createWorkspace, joinWorkspace, spaceList } from '../store.js'
import { go, href } from '../ui.js'
import { Icon, Mark } from './icon.js'
import { Field } from './parts.js'

function Back({ to = 'start' }: { to?: 'start' | 'home' }) {
  return (
    <a class="back" {...href({ view: to })}>
      <Icon name="arrowLeft" size={16} />
      Back
    </a>
  )
}

export function Start() {
  const list = spaceList.value
  const joining = list.filter((data) => data.space.state !== 'ready')
  const ready = list.some((data) => data.space.state === 'ready')
  return (
    <main class="screen">
      <div class="card wide">
        {ready && <Back to="home" />}
        <Mark size={48} />
        <h1>{ready ? 'Another workspace' : 'Welcome to Topo'}</h1>
        <p class="lead">
          A team chat without a server. Everything is kept on your own devices and encrypted on its way
          between them.
        </p>
        <div class="choices">
          <a class="choice" {...href({ view: 'create' })}>
            <span class="choice-icon">
              <Icon name="plus" size={22} />
            </span>
            <strong>Create a workspace</strong>
            <span>Begin something new and invite people to it.</span>
          </a>
          <a class="choice" {...href({ view: 'join' })}>
            <span class="choice-icon">
              <Icon name="login" size={22} />
            </span>
            <strong>Join with a link</strong>
            <span>Somebody sent you a link that starts with topo://join.</span>
          </a>
        </div>
        {joining.length > 0 && (
          <section class="under-way" aria-label="Joins under way">
            {joining.map((data) => (
              <UnderWay data={data} />
            ))}
          </section>
        )}
      </div>
    </main>
  )
}

function UnderWay({ data }: { data: SpaceData }) {
  const failed = data.space.state === 'error'
  return (
    <a class="under-way-row" {...href({ view: 'space', space: data.space.space })}>
      <Icon name={failed ? 'alert' : 'clock'} size={18} />
      <span>
        <strong>{data.space.name || 'A workspace'}</strong>
        <span class="hint">
          {failed ? 'Joining failed' : `Joining as ${data.space.user_name}, waiting for a peer`}
        </span>
      </span>
      <span class="button small">{failed ? 'Look' : 'Resume'}</span>
    </a>
  )
}

// A form that is sent once at a time, with one key for however many attempts.
function useSubmit(run: (key: string) => Promise<string>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [key, setKey] = useState(() => crypto.randomUUID())
  const submit = async (event: Event) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      go({ view: 'space', space: await run(key) }, true)
    } catch (failure) {
      setError(failureText(failure))
      setBusy(false)
    }
  }
  // Another request must not come under the key of this one.
  const changed = () => {
    setError(null)
    setKey(crypto.randomUUID())
  }
  return { busy, error, submit, changed }
}

export function Create() {
  const [name, setName] = useState('')
  const [user, setUser] = useState('')
  const form = useSubmit((key) => createWorkspace(name.trim(), user.trim(), key))
  return (
    <main class="screen">
      <form class="card" onSubmit={form.submit}>
        <Back />
        <h1>Create a workspace</h1>
        <Field
          label="Name of the workspace"
          name="workspace"
          value={name}
          placeholder="Tea house"
          autofocus
          onInput={(value) => (setName(value), form.changed())}
        />
        <Field
          label="Your name"
          name="user"
          value={user}
          placeholder="Alice"
          error={form.error}
          hint="As the others will see it."
          onInput={(value) => (setUser(value), form.changed())}
        />
        <button class="button primary big" disabled={form.busy || !name.trim() || !user.trim()}>
          {form.busy ? 'Creating…' : 'Create workspace'}
        </button>
      </form>
    </main>
  )
}

export function Join() {
  const [invite, setInvite] = useState('')
  const [user, setUser] = useState('')
  const form = useSubmit((key) => joinWorkspace(invite.trim(), user.trim(), key))
  const wrong = invite.trim() !== '' && !/^[<"]?topo:\/\/join\/\S/i.test(invite.trim())
  return (
    <main class="screen">
      <form class="card" onSubmit={form.submit}>
        <Back />
        <h1>Join a workspace</h1>
        <Field
          label="Invite link"
          name="link"
          value={invite}
          placeholder="topo://join/…"
          mono
          autofocus
          max={4096}
          error={wrong ? 'An invite link starts with topo://join/.' : null}
          hint="Whoever sees the link can use it: keep it to yourself."
          onInput={(value) => (setInvite(value), form.changed())}
        />
        <Field
          label="Your name"
          name="user"
          value={user}
          placeholder="Bob"
          error={form.error}
          hint="As the others will see it."
          onInput={(value) => (setUser(value), form.changed())}
        />
        <button class="button primary big" disabled={form.busy || wrong || !invite.trim() || !user.trim()}>
          {form.busy ? 'Joining…' : 'Join workspace'}
        </button>
      </form>
    </main>
  )
}

// The node goes on joining whatever this page shows.
export function Waiting({ data }: { data: SpaceData }) {
  const failed = data.space.state === 'error'
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 15_000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <main class="screen">
      <div class="card" aria-live="polite">
        {failed ? (
          <span class="choice-icon bad">
            <Icon name="alert" size={24} />
          </span>
        ) : (
          <div class="pulse">
            <Mark size={48} />
          </div>
        )}
        <h1>{failed ? 'Joining failed' : 'Waiting for a peer'}</h1>
        <p class="lead">
          {failed
            ? data.space.detail || 'The node could not join with this link.'
            : 'Your node looks for a member who may let you in. It goes on while this page is closed.'}
        </p>
        {!failed && slow && (
          <p class="hint">Someone of the workspace must be online for this. Ask whoever sent you the link.</p>
        )}
        {!failed && data.space.detail && <p class="hint">{data.space.detail}</p>}
        <a class="button" {...href({ view: 'start' })}>
          Go back
        </a>
      </div>
    </main>
  )
}
