// event_socket.ts - the event socket: subscribes, hands batches on, and comes back after it was lost.
//
// Free of the browser: what it needs of it comes in as `Ports`.
import type { Event } from './types.js'

export interface Subscription {
  space: string
  since?: string
}

export interface Socket {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: string }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export interface Ports {
  open(): Socket
  token(): string | null
  subscriptions(): Subscription[] // as of now: with the cursors that were reached
  batch(events: Event[]): void
  state(state: 'open' | 'down'): void
  denied(): void // the token is no longer good
  later(run: () => void, delay_ms: number): void
}

export const RETRY_FIRST_MS = 250
export const RETRY_MAX_MS = 4000

export class EventSocket {
  private socket: Socket | null = null
  private ready = false
  private attempt = 0
  private generation = 0
  private stopped = true

  constructor(private readonly ports: Ports) {}

  start(): void {
    this.stopped = false
    this.connect()
  }

  stop(): void {
    this.stopped = true
    this.generation += 1
    this.socket?.close()
    this.socket = null
    this.ready = false
  }

  // More subscriptions, or one replaced, on the open socket. Closed: they go along when it opens.
  subscribe(subscriptions: Subscription[]): void {
    if (this.ready && subscriptions.length > 0) {
      this.socket!.send(JSON.stringify({ subscribe: subscriptions }))
    }
  }

  // Tries at once instead of waiting for the next attempt.
  nudge(): void {
    if (!this.stopped && !this.socket) this.connect()
  }

  private connect(): void {
    const generation = ++this.generation
    const socket = this.ports.open()
    const mine = () => generation === this.generation
    this.socket = socket
    socket.onopen = () => {
      if (!mine()) return
      this.ready = true
      this.attempt = 0
      socket.send(JSON.stringify({ token: this.ports.token(), subscribe: this.ports.subscriptions() }))
      this.ports.state('open')
    }
    socket.onmessage = (event) => {
      if (mine()) this.ports.batch(JSON.parse(event.data) as Event[])
    }
    socket.onclose = (event) => {
      if (mine()) this.lost(event.code)
    }
  }

  private lost(code: number): void {
    this.socket = null
    this.ready = false
    if (code === 4401) {
      this.stopped = true
      this.ports.denied()
      return
    }
    this.ports.state('down')
    const delay_ms = Math.min(RETRY_FIRST_MS * 2 ** this.attempt, RETRY_MAX_MS)
    this.attempt += 1
    const generation = this.generation
    this.ports.later(() => {
      if (!this.stopped && generation === this.generation && !this.socket) this.connect()
    }, delay_ms)
  }
}
