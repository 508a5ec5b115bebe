// shell.tsx - the frame: workspaces, channels, header, banners, and the view in the middle.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isUnread } from '../model/space.js'
import type { Channel, SpaceData } from '../model/types.js'
import { clock, initials, hueOf, few, isAlone, syncWords } from '../model/words.js'
import { draftOf, drafts, lastChannel, readsOf } from '../local.js'
import { arrivals, link, loadNewest, notice, reacting, spaceList } from '../store.js'
import { dialog, drawer, go, href, route } from '../ui.js'
import { Composer } from './composer.js'
import { Icon } from './icon.js'
import { Members } from './members.js'
import { Network } from './network.js'
import { Avatar, IconButton, ariaKeys } from './parts.js'
import { Timeline } from './timeline.js'

export function Shell({ data }: { data: SpaceData }) {
  const at = route.value
  const list = spaceList.value
  const channel = at.view === 'channel' ? data.channels.find((one) => one.channel === at.channel) : undefined
  const panel = at.view === 'channel' && at.members && channel
  return (
    <div
      class={`shell${list.length > 1 ? ' railed' : ''}${panel ? ' panelled' : ''}${drawer.value ? ' drawn' : ''}`}
    >
      {list.length > 1 && <Rail list={list} here={data.space.space} />}
      <Sidebar data={data} />
      {drawer.value && (
        <button
          type="button"
          class="scrim"
          aria-label="Close the list"
          onClick={() => (drawer.value = false)}
        />
      )}
      <main class="main" inert={drawer.value || undefined}>
        <Header data={data} channel={channel} />
        <Banner data={data} />
        {at.view === 'network' ? <Network data={data} /> : <Middle data={data} channel={channel} />}
      </main>
      {panel && <Members data={data} channel={channel.channel} />}
      <Announcer data={data} channel={channel?.channel} />
      {notice.value && (
        <div class="toast" role="status">
          {notice.value}
        </div>
      )}
    </div>
  )
}

/* ---- workspaces ---- */

function unreadChannels(data: SpaceData): number {
  const reads = readsOf(data.space.space)
  return reads ? data.channels.filter((one) => isUnread(data, one.channel, reads[one.channel])).length : 0
}

function Rail({ list, here }: { list: readonly SpaceData[]; here: string }) {
  return (
    <nav class="rail" aria-label="Workspaces" data-region="workspaces">
      {list.map((data) => {
        const id = data.space.space
        const name = data.space.name || 'A workspace'
        const unread = unreadChannels(data)
        return (
          <a
            key={id}
            class={`rail-item hue-${hueOf(data.space.workspace)}`}
            aria-current={id === here ? 'page' : undefined}
            data-initials={initials(name)}
            title={name}
            aria-label={unread > 0 ? `${name}, ${few(unread, 'unread channel', 'unread channels')}` : name}
            {...href({ view: 'space', space: id })}
          >
            {unread > 0 && <span class="rail-dot" />}
          </a>
        )
      })}
      <a
        class="rail-item add"
        title="Add a workspace"
        aria-label="Add a workspace"
        {...href({ view: 'start' })}
      >
        <Icon name="plus" size={20} />
      </a>
    </nav>
  )
}

function Sidebar({ data }: { data: SpaceData }) {
  const id = data.space.space
  const words = syncWords(data, link.value === 'down')
  const network = route.value.view === 'network'
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    if (drawer.value) element.current!.querySelector<HTMLElement>('a, button')?.focus()
  }, [drawer.value])
  return (
    <nav class="sidebar" ref={element} aria-label={`Channels of ${data.space.name}`} data-region="channels">
      <header class="sidebar-head">
        <h1 title={data.space.name}>{data.space.name || 'Workspace'}</h1>
        <IconButton icon="userPlus" label="Invite people" onClick={() => (dialog.value = 'invite')} />
      </header>
      <button
        type="button"
        class="search-button"
        aria-keyshortcuts={ariaKeys('Ctrl+K')}
        onClick={() => (dialog.value = 'switch')}
      >
        <Icon name="search" size={16} />
        <span>Go to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div class="sidebar-body">
        <div class="sidebar-title">
          <h2>Channels</h2>
          <IconButton
            icon="plus"
            size={16}
            label="Create a channel"
            onClick={() => (dialog.value = 'channel')}
          />
        </div>
        <ul role="list">
          {data.channels.map((channel) => (
            <ChannelLink key={channel.channel} data={data} channel={channel} />
          ))}
        </ul>
      </div>
      <footer class="sidebar-foot">
        <a
          class="sync-link"
          aria-current={network ? 'page' : undefined}
          {...href({ view: 'network', space: id })}
        >
          <span class={`dot ${words.tone}`} />
          <span class="sync-text">{words.text}</span>
          <Icon name="network" size={16} />
        </a>
        <div class="me">
          <Avatar id={data.me ?? ''} name={data.names.get(data.me ?? '') ?? data.space.user_name} small />
          <span class="me-name">{data.names.get(data.me ?? '') ?? data.space.user_name}</span>
          {spaceList.value.length < 2 && (
            <IconButton icon="plus" size={16} label="Add a workspace" onClick={() => go({ view: 'start' })} />
          )}
          <IconButton
            icon="settings"
            size={16}
            label="Appearance"
            onClick={() => (dialog.value = 'settings')}
          />
        </div>
      </footer>
    </nav>
  )
}

function ChannelLink({ data, channel }: { data: SpaceData; channel: Channel }) {
  const id = data.space.space
  const at = route.value
  const here = at.view === 'channel' && at.channel === channel.channel
  const unread =
    !here &&
    isUnread(data, channel.channel, (readsOf(id) ?? {})[channel.channel]) &&
    readsOf(id) !== undefined
  void drafts.value
  const draft = !here && draftOf(id, channel.channel) !== ''
  return (
    <li>
      <a
        class={`channel${unread ? ' unread' : ''}`}
        aria-current={here ? 'page' : undefined}
        {...href({ view: 'channel', space: id, channel: channel.channel, members: false })}
      >
        <Icon name="hash" size={16} />
        <span class="channel-name">{channel.name}</span>
        {draft && (
          <span class="channel-mark" title="Draft">
            <Icon name="pencil" size={14} />
            <span class="hidden">draft</span>
          </span>
        )}
        {unread && (
          <span class="channel-dot">
            <span class="hidden">unread</span>
          </span>
        )}
      </a>
    </li>
  )
}

/* ---- the middle ---- */

function Header({ data, channel }: { data: SpaceData; channel: Channel | undefined }) {
  const at = route.value
  const words = syncWords(data, link.value === 'down')
  const members = at.view === 'channel' && at.members
  const unread = spaceList.value.some((one) => unreadChannels(one) > 0)
  return (
    <header class="header">
      <span class="menu">
        <IconButton
          icon="menu"
          label={unread ? 'Channels, some unread' : 'Channels'}
          expanded={drawer.value}
          onClick={() => (drawer.value = true)}
        />
        {unread && <span class="rail-dot" />}
      </span>
      <h2 class="header-title">
        {at.view === 'network' ? (
          'Network'
        ) : channel ? (
          <>
            <Icon name="hash" size={18} />
            {channel.name}
          </>
        ) : (
          data.space.name
        )}
      </h2>
      <a
        class={`sync-chip ${words.tone}`}
        title={data.sync?.detail || words.text}
        {...href({ view: 'network', space: data.space.space })}
      >
        <span class={`dot ${words.tone}`} />
        <span class="sync-chip-text">{words.text}</span>
      </a>
      {channel && (
        <button
          type="button"
          class="members-button"
          aria-pressed={members}
          aria-label={`Members, ${data.members.length}`}
          title="Members (Ctrl .)"
          onClick={() =>
            go({ view: 'channel', space: data.space.space, channel: channel.channel, members: !members })
          }
        >
          <Icon name="users" size={17} />
          <span>{data.members.length}</span>
        </button>
      )}
    </header>
  )
}

function Banner({ data }: { data: SpaceData }) {
  if (link.value === 'down') {
    return (
      <div class="banner bad" role="alert">
        <Icon name="cloudOff" size={18} />
        <p>
          <strong>The node does not answer.</strong> Reading goes on, drafts are kept. This page comes back by
          itself.
        </p>
      </div>
    )
  }
  if (data.sync?.state === 'offline' && !isAlone(data)) {
    return (
      <div class="banner" role="status">
        <Icon name="network" size={18} />
        <p>No other device is reachable. What you write is saved here and travels once one is.</p>
      </div>
    )
  }
  if (data.sync?.state === 'waiting-for-key') {
    return (
      <div class="banner" role="status">
        <Icon name="key" size={18} />
        <p>Some messages wait for their key. It comes from a device that can read them.</p>
      </div>
    )
  }
  return null
}

function Middle({ data, channel }: { data: SpaceData; channel: Channel | undefined }) {
  const id = data.space.space
  useEffect(() => {
    if (channel) void loadNewest(id, channel.channel)
  }, [id, channel?.channel])
  if (!data.loaded) return <Blank busy>Opening {data.space.name}…</Blank>
  if (data.channels.length === 0) {
    return (
      <Blank>
        <Icon name="hash" size={28} />
        <p>
          {data.sync?.state === 'syncing' || data.sync?.state === 'rebuilding'
            ? 'The channels are on their way.'
            : 'There is no channel yet.'}
        </p>
        <button type="button" class="button primary" onClick={() => (dialog.value = 'channel')}>
          <Icon name="plus" size={16} />
          Create a channel
        </button>
      </Blank>
    )
  }
  if (!channel)
    return (
      <Blank>
        <p>This channel is not here.</p>
        <a class="button" {...href({ view: 'space', space: id })}>
          Go to the workspace
        </a>
      </Blank>
    )
  return (
    <>
      <Timeline key={channel.channel} data={data} channel={channel.channel} adding={reacting.value} />
      <Composer
        key={`composer-${channel.channel}`}
        space={id}
        channel={channel.channel}
        name={channel.name}
      />
    </>
  )
}

function Blank({ children, busy }: { children: ComponentChildren; busy?: boolean }) {
  return (
    <div class="blank" aria-busy={busy}>
      {children}
    </div>
  )
}

// Reads new messages of the open channel to those who listen.
function Announcer({ data, channel }: { data: SpaceData; channel: string | undefined }) {
  const news = arrivals.value.filter((message) => message.channel === channel).slice(-3)
  return (
    <div class="hidden" aria-live="polite">
      {news.map((message) => (
        <p key={message.message}>
          {data.names.get(message.author.user) ?? message.author.name}, {clock(message.sent_at_ms)}:{' '}
          {message.text.slice(0, 200)}
        </p>
      ))}
    </div>
  )
}

// The channel of a space that opens when none is named.
export function defaultChannel(data: SpaceData): string | null {
  const last = lastChannel(data.space.space)
  if (last && data.channels.some((one) => one.channel === last)) return last
  return data.channels[0]?.channel ?? null
}
