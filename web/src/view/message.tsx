// message.tsx - one row of the timeline: a message, or one that is still on its way to the disk.
import { Component } from 'preact'
import type { Message, Pending, ReactionGroup } from '../model/types.js'
import { isEmojiOnly, renderMarkdown } from '../model/markdown.js'
import { clock, few, moment } from '../model/words.js'
import { discard, react, retry, tell } from '../store.js'
import { QUICK, askEmoji } from './emoji.js'
import { Icon } from './icon.js'
import { Avatar, IconButton } from './parts.js'

export interface RowProps {
  rowKey: string
  space: string
  message: Message
  name: string
  names: ReadonlyMap<string, string>
  me: string | null
  head: boolean
  active: boolean // the one that Tab reaches
  hot: boolean // shows its actions
  adding: string // emoji that are being added, separated by spaces
}

// Rows are many and mostly unchanged: one is rendered anew only when what it was given differs.
export class MessageRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((key) => next[key] !== this.props[key])
  }

  override render({ rowKey, space, message, name, names, me, head, active, hot, adding }: RowProps) {
    const label = `${name}, ${clock(message.sent_at_ms)}: ${message.text.slice(0, 200)}`
    return (
      <li class={`row${head ? ' head' : ''}`} data-key={rowKey} data-message={message.message}>
        <article tabIndex={active ? 0 : -1} aria-label={label}>
          <Gutter head={head} id={message.author.user} name={name} at_ms={message.sent_at_ms} />
          <div class="row-main">
            {head && <Heading name={name} at_ms={message.sent_at_ms} />}
            <Text text={message.text} />
            <Reactions space={space} message={message} names={names} me={me} adding={adding} />
          </div>
          {hot && <Actions space={space} message={message} />}
        </article>
      </li>
    )
  }
}

function Gutter({ head, id, name, at_ms }: { head: boolean; id: string; name: string; at_ms: number }) {
  return (
    <div class="gutter">
      {head ? (
        <Avatar id={id} name={name} />
      ) : (
        <time class="gutter-time" title={moment(at_ms)}>
          {clock(at_ms)}
        </time>
      )}
    </div>
  )
}

function Heading({ name, at_ms }: { name: string; at_ms: number }) {
  return (
    <div class="row-head">
      <strong>{name}</strong>
      <time dateTime={new Date(at_ms).toISOString()} title={moment(at_ms)}>
        {clock(at_ms)}
      </time>
    </div>
  )
}

function Text({ text }: { text: string }) {
  return <div class={`text${isEmojiOnly(text) ? ' large' : ''}`}>{renderMarkdown(text)}</div>
}

function Actions({ space, message }: { space: string; message: Message }) {
  return (
    <div class="actions" role="toolbar" aria-label="Message actions">
      {QUICK.map((emoji) => (
        <button
          type="button"
          class="icon-button emoji"
          aria-label={`React with ${emoji}`}
          title={`React with ${emoji}`}
          onClick={() => void react(space, message.message, emoji)}
        >
          {emoji}
        </button>
      ))}
      <IconButton
        icon="smile"
        label="Choose a reaction"
        keys="R"
        onClick={(event) => askReaction(event.currentTarget as HTMLElement, space, message.message)}
      />
      <IconButton icon="copy" label="Copy text" keys="C" onClick={() => copyText(message.text)} />
    </div>
  )
}

export function askReaction(from: HTMLElement, space: string, message: string): void {
  askEmoji(from, (emoji) => void react(space, message, emoji))
}

export function copyText(text: string): void {
  void navigator.clipboard.writeText(text).then(
    () => tell('Copied.'),
    () => tell('This browser does not let the page copy.')
  )
}

// What is there, and what was just asked for.
function withAdding(groups: readonly ReactionGroup[], adding: string): ReactionGroup[] {
  const list = [...groups]
  for (const emoji of adding ? adding.split(' ') : []) {
    const at = list.findIndex((group) => group.emoji === emoji)
    const group = list[at]
    if (!group) list.push({ emoji, count: 1, mine: true, users: [] })
    else if (!group.mine) list[at] = { ...group, mine: true, count: group.count + 1 }
  }
  return list
}

function Reactions({
  space,
  message,
  names,
  me,
  adding
}: {
  space: string
  message: Message
  names: ReadonlyMap<string, string>
  me: string | null
  adding: string
}) {
  const groups = withAdding(message.reactions, adding)
  if (groups.length === 0) return null
  return (
    <div class="reactions">
      {groups.map((group) => {
        const who = people(group, names, me)
        return (
          <button
            type="button"
            key={group.emoji}
            class={`chip${group.mine ? ' mine' : ''}`}
            aria-pressed={group.mine}
            title={who}
            aria-label={`${group.emoji} ${few(group.count, 'reaction', 'reactions')}: ${who}`}
            onClick={() => group.mine || void react(space, message.message, group.emoji)}
          >
            <span>{group.emoji}</span>
            <span class="chip-count">{group.count}</span>
          </button>
        )
      })}
      <IconButton
        icon="smile"
        size={15}
        class="chip-add"
        label="Add a reaction"
        onClick={(event) => askReaction(event.currentTarget as HTMLElement, space, message.message)}
      />
    </div>
  )
}

function people(group: ReactionGroup, names: ReadonlyMap<string, string>, me: string | null): string {
  const list = group.users.filter((user) => user !== me).map((user) => names.get(user) ?? 'someone new')
  if (group.mine) list.unshift('you')
  const more = group.count - list.length
  if (more > 0) list.push(few(more, 'other', 'others'))
  return new Intl.ListFormat('en').format(list)
}

export function PendingRow({
  space,
  pending,
  me,
  name,
  head
}: {
  space: string
  pending: Pending
  me: string
  name: string
  head: boolean
}) {
  const failed = pending.state === 'failed'
  return (
    <li class={`row pending${head ? ' head' : ''}${failed ? ' failed' : ''}`} data-key={pending.key}>
      <article tabIndex={-1} aria-label={`${name}: ${pending.text.slice(0, 200)}`}>
        <Gutter head={head} id={me} name={name} at_ms={pending.at_ms} />
        <div class="row-main">
          {head && <Heading name={name} at_ms={pending.at_ms} />}
          <Text text={pending.text} />
          {failed ? (
            <Failed space={space} pending={pending} />
          ) : (
            <p class="row-state">
              <Icon name="clock" size={13} />
              Saving
            </p>
          )}
        </div>
      </article>
    </li>
  )
}

function Failed({ space, pending }: { space: string; pending: Pending }) {
  return (
    <div class="row-state bad" role="status">
      <span class="row-reason">
        <Icon name="alert" size={15} />
        {pending.again ? 'Not saved yet; it goes again when the node answers.' : pending.reason}
      </span>
      <button type="button" class="link" onClick={() => retry(space, pending)}>
        <Icon name="retry" size={14} />
        Retry
      </button>
      <button type="button" class="link" onClick={() => discard(space, pending.key)}>
        <Icon name="trash" size={14} />
        Discard
      </button>
    </div>
  )
}
