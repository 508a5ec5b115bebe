// timeline.tsx - a window over a channel's messages: at most ROWS_MAX rows in the page, whatever the
// channel holds. Where the reader looks stays where it is, whatever comes above or below.
import { Component } from 'preact'
import type { Message, Pending, SpaceData } from '../model/types.js'
import {
  GROUP_MS,
  ROWS_MAX,
  lowerBound,
  rowKey,
  windowRows,
  type Row,
  type Window
} from '../model/timeline.js'
import { shortcutOf } from '../model/keymap.js'
import { dayName, few } from '../model/words.js'
import { readsOf, setReads } from '../local.js'
import { loadOlder } from '../store.js'
import { dialog } from '../ui.js'
import { Icon } from './icon.js'
import { MessageRow, PendingRow, askReaction, copyText } from './message.js'

const EDGE_PX = 900 // nearer than this to an end of the window, it moves
const STEP = 50 // messages that it moves by
const BOTTOM_PX = 24 // this near to the bottom is the bottom
const PENDING_MAX = 20 // rows of messages that are not saved

interface Props {
  data: SpaceData
  channel: string
  adding: ReadonlySet<string>
}
interface State {
  window: Window
  active: string | null // the row that Tab reaches
  hot: string | null // the row under the pointer
  focused: boolean
  since: string | null // the last place when the reader left the bottom; null: at the bottom
  newFrom: string | null
}
type Anchor = { key: string; bottom: number }[]

export class Timeline extends Component<Props, State> {
  private box: HTMLDivElement | null = null
  private stick = true
  private range = { start: 0, end: 0 }
  private focusNext: string | null = null
  private resizes: ResizeObserver | null = null
  private anchor: Anchor = []
  // A box scrolls by whole pixels of the screen, rows are as high as their text: what a restoration
  // left over, as long as the box stands where that put it. Else it would add up.
  private rest = { top: -1, pixels: 0 }
  private lastTop = 0 // where the reader was left
  override state: State = {
    window: 'end',
    active: null,
    hot: null,
    focused: false,
    since: null,
    newFrom: readsOf(this.props.data.space.space)?.[this.props.channel] ?? null
  }

  private items(): readonly Message[] {
    return this.props.data.timelines.get(this.props.channel)?.items ?? []
  }

  override componentDidMount(): void {
    this.toBottom()
    this.markRead()
    window.addEventListener('focus', this.markRead)
    this.resizes = new ResizeObserver(() => (this.stick ? this.toBottom() : this.restore(this.anchor)))
    this.resizes.observe(this.box!)
    this.checkEdges()
  }

  override componentWillUnmount(): void {
    window.removeEventListener('focus', this.markRead)
    this.resizes?.disconnect()
  }

  override getSnapshotBeforeUpdate(): Anchor {
    // The reader may have scrolled, and the event that says so is still to come.
    const box = this.box!
    if (this.stick && box.scrollTop < this.lastTop - 1 && this.below() > BOTTOM_PX) this.stick = false
    return this.measure()
  }

  override componentDidUpdate(_props: Props, _state: State, anchor: Anchor): void {
    if (this.stick) this.toBottom()
    else this.restore(anchor)
    if (this.focusNext) this.focusRow(this.focusNext)
    this.markRead()
    this.checkEdges()
  }

  // The message rows in sight, by their lower edges: their upper ones move when a head comes or goes.
  // As they are in the window, so that a banner that comes or goes above moves nothing either.
  private measure(): Anchor {
    if (!this.box) return []
    const { top, bottom } = this.box.getBoundingClientRect()
    const rest = this.box.scrollTop === this.rest.top ? this.rest.pixels : 0
    const anchor: Anchor = []
    for (const row of this.box.querySelectorAll<HTMLElement>('.row')) {
      const rect = row.getBoundingClientRect()
      if (rect.top > bottom) break
      if (rect.bottom > top) anchor.push({ key: row.dataset['key']!, bottom: rect.bottom - rest })
    }
    return anchor
  }

  private restore(anchor: Anchor): void {
    for (const { key, bottom } of anchor) {
      const row = this.row(key)
      if (!row) continue
      const moved = row.getBoundingClientRect().bottom - bottom
      if (Math.abs(moved) > 0.5) this.box!.scrollTop += moved
      const pixels = row.getBoundingClientRect().bottom - bottom
      this.rest = { top: this.box!.scrollTop, pixels: Math.abs(pixels) <= 1 ? pixels : 0 } // more: an end
      return
    }
  }

  private row(key: string): HTMLElement | null {
    return this.box!.querySelector(`[data-key="${CSS.escape(key)}"]`)
  }

  // Pixels from what is seen to the end of what is rendered.
  private below(): number {
    const box = this.box!
    return box.scrollHeight - box.scrollTop - box.clientHeight
  }

  private toBottom(): void {
    this.box!.scrollTop = this.box!.scrollHeight
    this.lastTop = this.box!.scrollTop
  }

  private onScroll = (): void => {
    const box = this.box!
    const atEnd = this.range.end === this.items().length
    this.stick = atEnd && this.below() < BOTTOM_PX
    this.lastTop = box.scrollTop
    this.anchor = this.stick ? [] : this.measure()
    if (this.stick && this.state.since !== null) this.setState({ since: null, window: 'end' })
    if (!this.stick && this.state.since === null) this.setState({ since: this.items().at(-1)?.place ?? '' })
    this.markRead()
    this.checkEdges()
  }

  private checkEdges(): void {
    const box = this.box!
    const items = this.items()
    const { start, end } = this.range
    if (box.scrollTop < EDGE_PX) {
      if (start > 0) this.setState({ window: { from: items[Math.max(0, start - STEP)]!.place } })
      else void loadOlder(this.props.data.space.space, this.props.channel)
    } else if (end < items.length && this.below() < EDGE_PX) {
      this.setState({ window: { from: items[Math.min(start + STEP, items.length - 1)]!.place } })
    }
  }

  private markRead = (): void => {
    const { data, channel } = this.props
    const last = this.items().at(-1)?.place
    if (!last || !this.stick || document.hidden || !document.hasFocus()) return
    const reads = readsOf(data.space.space)
    if (reads && (reads[channel] ?? '') < last) setReads(data.space.space, { ...reads, [channel]: last })
  }

  private jump = (): void => {
    this.stick = true
    this.setState({ window: 'end', since: null })
    this.toBottom()
  }

  /* ---- keyboard ---- */

  private focusRow(key: string): void {
    const row = this.row(key)?.querySelector<HTMLElement>('article')
    if (!row) return
    this.focusNext = null
    row.focus({ preventScroll: true })
    row.scrollIntoView({ block: 'nearest' })
  }

  // To the message `step` away from the focused one, or to an end.
  private move(step: number | 'first' | 'last'): void {
    const items = this.items()
    if (items.length === 0) return
    const at = items.findIndex((item) => rowKey(item) === this.state.active)
    const from = at < 0 ? items.length : at
    const to = step === 'first' ? 0 : step === 'last' ? items.length - 1 : from + step
    const target = items[Math.max(0, Math.min(to, items.length - 1))]!
    const key = rowKey(target)
    this.focusNext = key
    if (step === 'last') this.jump()
    const index = lowerBound(items, target.place)
    if (index < this.range.start || index >= this.range.end) {
      this.stick = false
      this.setState({ window: { from: items[Math.max(0, index - STEP)]!.place }, active: key })
    } else {
      this.setState({ active: key })
    }
  }

  private onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    if (target.tagName !== 'ARTICLE' && target !== this.box) return
    const id = shortcutOf(event, 'Messages')
    if (!id) return
    event.preventDefault()
    if (id === 'row-up') this.move(-1)
    else if (id === 'row-down') this.move(1)
    else if (id === 'row-first') this.move('first')
    else if (id === 'row-last') this.move('last')
    const message = this.items().find((item) => rowKey(item) === this.state.active)
    if (message && id === 'react') askReaction(target, this.props.data.space.space, message.message)
    if (message && id === 'copy') copyText(message.text)
  }

  private onFocus = (event: FocusEvent): void => {
    const key = keyOf(event.target)
    this.setState({ focused: true, ...(key ? { active: key } : {}) })
  }

  /* ---- rendering ---- */

  override render({ data, channel }: Props, { window, since }: State) {
    const timeline = data.timelines.get(channel)
    const pending = data.outbox.filter((one) => one.channel === channel).slice(0, PENDING_MAX)
    const items = timeline?.items ?? []
    const view = windowRows(items, window, this.state.newFrom, ROWS_MAX - PENDING_MAX)
    this.range = view
    const fresh =
      since === null
        ? 0
        : items
            .slice(lowerBound(items, since))
            .filter((item) => item.place > since && item.author.user !== data.me).length
    const name = data.channels.find((one) => one.channel === channel)?.name ?? ''
    return (
      <div class="timeline" data-region="messages">
        <div
          class="scroll"
          ref={(box) => void (this.box = box)}
          tabIndex={-1}
          onScroll={this.onScroll}
          onKeyDown={this.onKeyDown}
          onFocusIn={this.onFocus}
          onFocusOut={() => this.setState({ focused: false })}
          onMouseOver={(event) => this.setState({ hot: keyOf(event.target) })}
          onMouseLeave={() => this.setState({ hot: null })}
        >
          <div class="scroll-inner">
            {timeline?.complete && view.start === 0 && (
              <Beginning name={name} empty={items.length + pending.length === 0} data={data} />
            )}
            {timeline && !timeline.complete && view.start === 0 && (
              <p class="loading" role="status">
                Loading older messages…
              </p>
            )}
            {!timeline && <Skeleton />}
            <ol class="rows" role="list" aria-label={`Messages in ${name}`}>
              {view.rows.map((row, index) => this.renderRow(row, index, view.rows))}
              {view.end === items.length && this.renderPending(pending, items.at(-1))}
            </ol>
          </div>
        </div>
        {since !== null && (
          <button type="button" class={`jump${fresh > 0 ? ' fresh' : ''}`} onClick={this.jump}>
            <Icon name="arrowDown" size={16} />
            {fresh > 0 ? few(fresh, 'new message', 'new messages') : 'Newest'}
          </button>
        )}
      </div>
    )
  }

  private renderRow(row: Row, index: number, rows: readonly Row[]) {
    if (row.kind === 'day') {
      return (
        <li class="day" key={row.key}>
          <span>{dayName(row.at_ms, Date.now())}</span>
        </li>
      )
    }
    if (row.kind === 'new')
      return (
        <li class="new" key={row.key}>
          <span>New</span>
        </li>
      )
    const { data, adding } = this.props
    const { active, hot, focused } = this.state
    const { message } = row
    const emoji = [...adding].filter((one) => one.startsWith(message.message)).map((one) => one.slice(44))
    const reachable =
      active && rows.some((one) => one.key === active) ? active === row.key : index === rows.length - 1
    return (
      <MessageRow
        key={row.key}
        rowKey={row.key}
        space={data.space.space}
        message={message}
        head={row.head}
        name={data.names.get(message.author.user) ?? (message.author.name || 'Someone new')}
        names={data.names}
        me={data.me}
        active={reachable}
        hot={(hot ?? (focused ? active : null)) === row.key}
        adding={emoji.join(' ')}
      />
    )
  }

  private renderPending(pending: readonly Pending[], last: Message | undefined) {
    const { data } = this.props
    const me = data.me ?? ''
    const name = data.names.get(me) ?? data.space.user_name
    return pending.map((one, index) => {
      const head = index === 0 && (last?.author.user !== me || one.at_ms - last.sent_at_ms >= GROUP_MS)
      return (
        <PendingRow key={one.key} space={data.space.space} pending={one} me={me} name={name} head={head} />
      )
    })
  }
}

function keyOf(target: EventTarget | null): string | null {
  return (target as HTMLElement).closest<HTMLElement>('.row')?.dataset['key'] ?? null
}

function Beginning({ name, empty, data }: { name: string; empty: boolean; data: SpaceData }) {
  const alone = data.members.length <= 1
  return (
    <div class="beginning">
      <span class="beginning-icon">
        <Icon name="hash" size={26} />
      </span>
      <h2>{name}</h2>
      <p>This is the beginning of the channel. Everyone in {data.space.name} can read it.</p>
      {empty && alone && (
        <button type="button" class="button primary" onClick={() => (dialog.value = 'invite')}>
          <Icon name="userPlus" size={16} />
          Invite people
        </button>
      )}
    </div>
  )
}

function Skeleton() {
  return (
    <div class="skeletons" role="status" aria-label="Loading messages">
      {[70, 45, 85, 60].map((width) => (
        <div class="skeleton">
          <span />
          <div>
            <i style={{ width: '9rem' }} />
            <i style={{ width: `${width}%` }} />
          </div>
        </div>
      ))}
    </div>
  )
}
