// session.ts - who this page is to the node: a code from the address, a token of this tab, or one
// that another tab gives.
import { signal } from '@preact/signals'
import { call, client, setDenied, setToken } from './api.js'
import { codeOf } from './model/route.js'

const KEY = 'topo.token'
const ASK_MS = 400 // how long other tabs are waited for

export type SessionState = 'entering' | 'in' | 'none' | 'expired' | 'code-refused' | 'no-node'
export const session = signal<SessionState>('entering')

let token: string | null = null
export function currentToken(): string | null {
  return token
}

const channel = new BroadcastChannel('topo')
channel.onmessage = (event: MessageEvent<{ want?: true; token?: string }>) => {
  if (event.data.want && token && session.peek() === 'in') channel.postMessage({ token })
  else if (event.data.token && session.peek() !== 'in') take(event.data.token)
}

function take(value: string): void {
  token = value
  setToken(value)
  sessionStorage.setItem(KEY, value)
  session.value = 'in'
}

function leave(): void {
  token = null
  setToken(null)
  sessionStorage.removeItem(KEY)
  session.value = 'expired'
}

// Reads the code out of the address, which keeps it nowhere: the history shows the page without it.
export function takeCode(): string | null {
  const code = codeOf(location.hash)
  if (code) history.replaceState(null, '', location.pathname)
  return code
}

async function trade(code: string): Promise<void> {
  try {
    const { data } = await call(client.POST('/v1/sessions', { body: { code } }))
    take(data.token)
    channel.postMessage({ token: data.token })
  } catch (error) {
    session.value = (error as { status: number }).status === 0 ? 'no-node' : 'code-refused'
  }
}

// Once, before anything is shown; again when the address brings another code.
export async function enter(): Promise<void> {
  setDenied(leave)
  const code = takeCode()
  if (code) return trade(code)
  if (session.peek() === 'in') return
  const held = sessionStorage.getItem(KEY)
  if (held) return take(held)
  channel.postMessage({ want: true })
  await new Promise((resolve) => setTimeout(resolve, ASK_MS))
  if (session.peek() === 'entering') session.value = 'none'
}

export const denied = leave
