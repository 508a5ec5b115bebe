// api.ts - the typed client of the node's HTTP API, and what went wrong when something did.
import createClient from 'openapi-fetch'
import type { paths } from './api.gen.js'

const TIMEOUT_MS = 15_000 // a call that takes longer failed

export class ApiError extends Error {
  constructor(
    readonly code: string, // the problem's, or "unreachable"
    readonly status: number, // 0: there was no answer
    message: string
  ) {
    super(message)
  }
}

let token: string | null = null
let onDenied = () => {}

export function setToken(value: string | null): void {
  token = value
}
export function setDenied(run: () => void): void {
  onDenied = run
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) })
client.use({
  onRequest({ request }) {
    if (token) request.headers.set('Authorization', `Bearer ${token}`)
    return new Request(request, { signal: AbortSignal.timeout(TIMEOUT_MS), referrerPolicy: 'no-referrer' })
  },
  onResponse({ response, request }) {
    if (response.status === 401 && request.headers.has('Authorization')) onDenied()
  }
})

interface Result<T> {
  data?: T
  error?: unknown
  response: Response
}

// The body of a good answer, and its headers. Throws ApiError.
export async function call<T>(result: Promise<Result<T>>): Promise<{ data: T; headers: Headers }> {
  let answer: Result<T>
  try {
    answer = await result
  } catch {
    throw new ApiError('unreachable', 0, 'The node does not answer.')
  }
  if (answer.data !== undefined && answer.response.ok) {
    return { data: answer.data, headers: answer.response.headers }
  }
  const problem = (answer.error ?? {}) as { code?: string; detail?: string; title?: string }
  throw new ApiError(
    problem.code ?? 'unexpected',
    answer.response.status,
    sentence(problem.detail || problem.title || `The node answered ${answer.response.status}.`)
  )
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}

export function failureText(error: unknown): string {
  return error instanceof ApiError ? error.message : 'Something went wrong in this page.'
}
