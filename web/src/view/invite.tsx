// invite.tsx - makes a link that lets one more person in, and shows it as text and as a QR code.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { call, client, failureText } from '../api.js'
import type { Invite, Role, SpaceData } from '../model/types.js'
import { moment } from '../model/words.js'
import { Icon } from './icon.js'
import { CopyButton, Dialog } from './parts.js'

const HOUR = 3600
const spans: readonly (readonly [number, string])[] = [
  [HOUR, '1 hour'],
  [24 * HOUR, '1 day'],
  [7 * 24 * HOUR, '1 week'],
  [30 * 24 * HOUR, '30 days']
]
const roles: readonly (readonly [Role, string])[] = [
  ['member', 'Member'],
  ['guest', 'Guest'],
  ['moderator', 'Moderator'],
  ['admin', 'Admin']
]

export function InviteDialog({ data }: { data: SpaceData }) {
  const [role, setRole] = useState<Role>('member')
  const [span, setSpan] = useState(7 * 24 * HOUR)
  const [invite, setInvite] = useState<Invite | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  // One for however many attempts; another request has another.
  const key = useMemo(() => crypto.randomUUID(), [role, span, invite])
  const make = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const { data: made } = await call(
        client.POST('/v1/spaces/{space}/invites', {
          params: { path: { space: data.space.space }, header: { 'Idempotency-Key': key } },
          body: { role, expires_in_s: span }
        })
      )
      setInvite(made)
    } catch (failure) {
      setError(failureText(failure))
    }
    setBusy(false)
  }
  return (
    <Dialog title={`Invite people to ${data.space.name}`}>
      {invite ? (
        <Made invite={invite} another={() => setInvite(null)} />
      ) : (
        <form onSubmit={make}>
          <div class="two">
            <Select
              label="They join as"
              value={role}
              options={roles}
              onChange={(value) => setRole(value as Role)}
            />
            <Select
              label="The link is good for"
              value={String(span)}
              onChange={(value) => setSpan(Number(value))}
              options={spans.map(([seconds, text]) => [String(seconds), text] as const)}
            />
          </div>
          {error && (
            <p class="error" role="alert">
              <Icon name="alert" size={16} />
              {error}
            </p>
          )}
          <button class="button primary big" disabled={busy}>
            {busy ? 'Making…' : 'Make invite link'}
          </button>
        </form>
      )}
    </Dialog>
  )
}

function Select(props: {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  onChange: (value: string) => void
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function Made({ invite, another }: { invite: Invite; another: () => void }) {
  return (
    <div class="made">
      <Qr text={invite.link} />
      <div class="made-text">
        <label class="field">
          <span>Invite link for one person</span>
          <input
            class="mono"
            readOnly
            value={invite.link}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <div class="buttons">
          <CopyButton text={invite.link} label="Copy link" />
          <button type="button" class="button" onClick={another}>
            Another
          </button>
        </div>
        {invite.addresses.length === 0 && (
          <p class="note" role="alert">
            <Icon name="network" size={16} />
            <span>
              This link names no address at which others could reach this node, so nobody can join by it from
              elsewhere. Connect this computer to a network and make another.
            </span>
          </p>
        )}
        <p class="note">
          <Icon name="network" size={16} />
          <span>
            Someone of the workspace must be online when it is used: there is no server to let people in.
          </span>
        </p>
        <p class="note">
          <Icon name="key" size={16} />
          <span>Whoever sees the link can use it. Good until {moment(invite.expires_at_ms)}.</span>
        </p>
      </div>
    </div>
  )
}

// One path of unit squares. The encoder comes when it is first needed.
function Qr({ text }: { text: string }) {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null)
  useEffect(() => {
    let wanted = true
    void import('uqr').then(({ encode }) => {
      const { size, data } = encode(text, { ecc: 'L', border: 2 })
      const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
      if (wanted) setCode({ size, path })
    })
    return () => void (wanted = false)
  }, [text])
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${code?.size ?? 1} ${code?.size ?? 1}`}
      role="img"
      aria-label="The invite link as a QR code"
      shape-rendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      {code && <path d={code.path} fill="#0b1513" />}
    </svg>
  )
}
