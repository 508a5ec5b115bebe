// network.tsx - how far sync is and who is connected, without a rosy word.
import { useEffect } from 'preact/hooks'
import type { Peer, SpaceData } from '../model/types.js'
import { count, few, isAlone, short, syncProgress, syncWords } from '../model/words.js'
import { link, refreshNetwork } from '../store.js'
import { dialog } from '../ui.js'
import { Icon } from './icon.js'
import { Avatar } from './parts.js'

export function Network({ data }: { data: SpaceData }) {
  useEffect(() => void refreshNetwork(data.space.space), [data.space.space])
  const { sync, peers } = data
  const words = syncWords(data, link.value === 'down')
  return (
    <div class="network" data-region="network" tabIndex={-1}>
      <section class="summary" aria-label="Sync">
        <p class={`state-line ${words.tone}`}>
          <span class={`dot ${words.tone}`} />
          {words.text}
        </p>
        {sync && sync.wanted > 0 && (
          <div
            class="progress"
            role="progressbar"
            aria-label="Events here, of those heard of"
            aria-valuemin={0}
            aria-valuemax={sync.events + sync.wanted}
            aria-valuenow={sync.events}
            aria-valuetext={syncProgress(sync)}
          >
            <span style={{ width: `${(100 * sync.events) / (sync.events + sync.wanted)}%` }} />
          </div>
        )}
        {sync?.detail && <p class="hint">{sync.detail}</p>}
        {sync && (
          <dl class="figures">
            <Figure label="Events here" value={sync.events} />
            <Figure label="Known of, not here yet" value={sync.wanted} />
            <Figure label="Waiting for others" value={sync.held} />
            <Figure label="Rejected" value={sync.rejected} />
          </dl>
        )}
      </section>
      <section>
        <h2>Other devices</h2>
        {peers && peers.length > 0 ? <Peers peers={peers} data={data} /> : <NoPeers alone={isAlone(data)} />}
      </section>
    </div>
  )
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{count(value)}</dd>
    </div>
  )
}

function NoPeers({ alone }: { alone: boolean }) {
  return (
    <div class="empty">
      <Icon name="network" size={28} />
      <p>{alone ? 'Nobody else has joined yet.' : 'Your node knows no other device yet.'}</p>
      <button type="button" class="button primary" onClick={() => (dialog.value = 'invite')}>
        <Icon name="userPlus" size={16} />
        Invite people
      </button>
    </div>
  )
}

function Peers({ peers, data }: { peers: readonly Peer[]; data: SpaceData }) {
  const users = new Map(
    data.members.flatMap((member) => member.devices.map((device) => [device.device, member.user] as const))
  )
  const sorted = [...peers].sort(
    (a, b) => Number(b.connected) - Number(a.connected) || a.user_name.localeCompare(b.user_name)
  )
  const here = peers.filter((peer) => peer.connected).length
  return (
    <>
      <p class="hint">
        {few(here, 'device', 'devices')} of {count(peers.length)} connected.
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="Table of other devices">
        <table>
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Device</th>
              <th scope="col">State</th>
              <th scope="col">Path</th>
              <th scope="col">Last error</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((peer) => (
              <PeerRow key={peer.device} peer={peer} user={users.get(peer.device) ?? peer.device} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function PeerRow({ peer, user }: { peer: Peer; user: string }) {
  const tone = peer.connected ? (peer.synced ? 'good' : 'busy') : 'quiet'
  const state = peer.connected ? (peer.synced ? 'In sync' : 'Syncing') : 'Not connected'
  const direction = { in: 'they called', out: 'we called', '': '' }[peer.direction]
  return (
    <tr>
      <th scope="row">
        <span class="who">
          <Avatar id={user} name={peer.user_name} small />
          {peer.user_name || 'Someone new'}
        </span>
      </th>
      <td>
        <code title={peer.device}>{short(peer.device)}</code>
      </td>
      <td>
        <span class="state">
          <span class={`dot ${tone}`} />
          {state}
        </span>
      </td>
      <td>
        {peer.address ? <code>{peer.address}</code> : '–'}
        {direction && <span class="hint"> {direction}</span>}
      </td>
      <td class="last-error">{peer.last_error || '–'}</td>
    </tr>
  )
}
