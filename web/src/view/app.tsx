// app.tsx - which view the address and the state of things ask for.
import { useEffect } from 'preact/hooks'
import { parseRoute } from '../model/route.js'
import { isUnread } from '../model/space.js'
import type { SpaceData } from '../model/types.js'
import { lastHash, readsOf } from '../local.js'
import { session } from '../session.js'
import { link, spaceList, spaceOf, spaces } from '../store.js'
import { dialog, go, route } from '../ui.js'
import { ChannelDialog, SettingsDialog, ShortcutsDialog, SwitchDialog } from './dialogs.js'
import { EmojiPalette } from './emoji.js'
import { Entry } from './entry.js'
import { InviteDialog } from './invite.js'
import { Shell, defaultChannel } from './shell.js'
import { Create, Join, Start, Waiting } from './start.js'

export function App() {
  if (session.value !== 'in') return <Entry />
  if (spaces.value === null) return <Opening />
  return <Inside />
}

function Opening() {
  return (
    <main class="screen" aria-busy="true">
      {link.value === 'down' && (
        <div class="card">
          <h1>The node does not answer</h1>
          <p class="lead">This page opens as soon as it does.</p>
        </div>
      )}
    </main>
  )
}

function Inside() {
  const at = route.value
  const id = 'space' in at ? at.space : null
  const data = id ? spaceOf(id)?.value : undefined
  useTitle(data)
  useEffect(redirect)
  const view = (() => {
    if (at.view === 'start') return <Start />
    if (at.view === 'create') return <Create />
    if (at.view === 'join') return <Join />
    if (!data) return <main class="screen" />
    return data.space.state === 'ready' ? (
      <Shell data={data} />
    ) : (
      <Waiting key={data.space.space} data={data} />
    )
  })()
  return (
    <>
      {view}
      <Dialogs data={data} />
      <EmojiPalette />
    </>
  )
}

// An address that names nothing exact leads to what its reader most likely wants.
function redirect(): void {
  const at = route.value
  const list = spaceList.value
  if (at.view === 'home') {
    const last = parseRoute(lastHash())
    const known = 'space' in last && spaceOf(last.space)
    if (known) go(last, true)
    else if (list.length > 0)
      go(
        { view: 'space', space: (list.find((one) => one.space.state === 'ready') ?? list[0]!).space.space },
        true
      )
    else go({ view: 'start' }, true)
    return
  }
  if (!('space' in at)) return
  const data = spaceOf(at.space)?.value
  if (!data) go({ view: 'home' }, true)
  else if (at.view === 'space' && data.loaded) {
    const channel = defaultChannel(data)
    if (channel) go({ view: 'channel', space: at.space, channel, members: false }, true)
  }
}

function Dialogs({ data }: { data: SpaceData | undefined }) {
  switch (dialog.value) {
    case 'invite':
      return data ? <InviteDialog data={data} /> : null
    case 'channel':
      return data ? <ChannelDialog data={data} /> : null
    case 'switch':
      return <SwitchDialog />
    case 'shortcuts':
      return <ShortcutsDialog key="shortcuts" />
    case 'settings':
      return <SettingsDialog key="settings" />
    default:
      return null
  }
}

function useTitle(data: SpaceData | undefined): void {
  const at = route.value
  const channel =
    at.view === 'channel' ? data?.channels.find((one) => one.channel === at.channel)?.name : undefined
  const unread = spaceList.value.reduce((sum, one) => {
    const reads = readsOf(one.space.space)
    return sum + (reads ? one.channels.filter((c) => isUnread(one, c.channel, reads[c.channel])).length : 0)
  }, 0)
  const title = [
    channel ? `#${channel}` : at.view === 'network' ? 'Network' : '',
    data?.space.name ?? '',
    'Topo'
  ]
    .filter(Boolean)
    .join(' · ')
  useEffect(() => void (document.title = unread > 0 ? `(${unread}) ${title}` : title), [title, unread])
}
