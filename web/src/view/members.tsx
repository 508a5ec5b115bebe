// members.tsx - who belongs, with which devices.
import type { Member, SpaceData } from '../model/types.js'
import { few, short } from '../model/words.js'
import { dialog, go } from '../ui.js'
import { Icon } from './icon.js'
import { Avatar, IconButton } from './parts.js'

const roles: Record<Member['role'], string> = {
  owner: 'Owners',
  admin: 'Admins',
  moderator: 'Moderators',
  member: 'Members',
  guest: 'Guests'
}

export function Members({ data, channel }: { data: SpaceData; channel: string }) {
  const shut = () => go({ view: 'channel', space: data.space.space, channel, members: false })
  const online = new Set((data.peers ?? []).filter((peer) => peer.connected).map((peer) => peer.device))
  return (
    <aside class="panel" data-region="members" aria-label="Members">
      <header class="panel-head">
        <h2>Members</h2>
        <span class="count">{data.members.length}</span>
        <IconButton icon="close" label="Close members" onClick={shut} />
      </header>
      <div class="panel-body">
        <button type="button" class="button wide" onClick={() => (dialog.value = 'invite')}>
          <Icon name="userPlus" size={16} />
          Invite people
        </button>
        {(Object.keys(roles) as Member['role'][]).map((role) => {
          const people = data.members.filter((member) => member.role === role)
          return (
            people.length > 0 && (
              <section key={role}>
                <h3>{roles[role]}</h3>
                <ul role="list">
                  {people.map((member) => (
                    <Person key={member.user} member={member} online={online} />
                  ))}
                </ul>
              </section>
            )
          )
        })}
      </div>
    </aside>
  )
}

function Person({ member, online }: { member: Member; online: ReadonlySet<string> }) {
  const name = member.name || 'Someone new'
  const here = member.is_me || member.devices.some((device) => online.has(device.device))
  const plain = member.devices.filter((device) => !device.recovery)
  return (
    <li class="person">
      <span class={`presence${here ? ' here' : ''}`}>
        <Avatar id={member.user} name={name} />
      </span>
      <div>
        <p class="person-name">
          {name}
          {member.is_me && <span class="tag">you</span>}
        </p>
        <p class="hint">
          {few(plain.length, 'device', 'devices')}
          {here && !member.is_me ? ', connected' : ''}
        </p>
        <details>
          <summary>Devices</summary>
          <ul role="list" class="devices">
            {member.devices.map((device) => (
              <li key={device.device}>
                <code title={device.device}>{short(device.device)}</code>
                {device.is_me && <span class="tag">this device</span>}
                {device.recovery && <span class="tag">recovery key</span>}
                {online.has(device.device) && <span class="tag good">connected</span>}
              </li>
            ))}
          </ul>
        </details>
      </div>
    </li>
  )
}
