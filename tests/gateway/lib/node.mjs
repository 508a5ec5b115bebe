// node.mjs - real daemons, each in a folder of its own that is gone when its test is.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from './client.mjs'
import { topod } from './scale.mjs'
import { within } from './wait.mjs'

const folders = new Set()
const children = new Set()

// A suite that dies takes everything with it.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

export class Node {
  constructor(extra = []) {
    this.dir = mkdtempSync(join(tmpdir(), 'topo-api-'))
    folders.add(this.dir)
    this.data = join(this.dir, 'data')
    this.socket = join(this.dir, 'topod.sock')
    this.extra = extra
    this.log = ''
    this.clients = new Set()
  }

  async start() {
    const args = ['--data', this.data, '--socket', this.socket, '--bind', '127.0.0.1:0']
    args.push('--listen', '127.0.0.1:0', '--shell', ...this.extra)
    this.child = spawn(topod, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    children.add(this.child)
    this.child.stdin.on('error', () => {}) // it may be gone before we let go of it
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text))
    this.exited = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve({ code, signal })))
    this.exited.then(() => children.delete(this.child))
    const first = new Promise((resolve) =>
      createInterface({ input: this.child.stdout }).once('line', resolve)
    )
    const early = this.exited.then(() => assert.fail(`the daemon did not start: ${this.log}`))
    this.line = JSON.parse(await within(Promise.race([first, early]), 'the daemon is ready'))
    early.catch(() => {})
    this.port = this.line.port
    this.pid = this.line.pid
    this.token = readFileSync(this.tokenPath, 'utf8').trim()
    return this
  }

  get tokenPath() {
    return join(this.data, 'admin-token')
  }

  // Who calls over TCP, as the administrator unless `token` says otherwise (null: nobody).
  client(options = {}) {
    return this.keep(new Client({ host: '127.0.0.1', port: this.port, token: this.token, ...options }))
  }

  // Who calls over the Unix socket.
  local() {
    return this.keep(new Client({ socketPath: this.socket }))
  }

  keep(client) {
    this.clients.add(client)
    return client
  }

  // As a power cut would.
  async crash() {
    this.child.kill('SIGKILL')
    await this.exited
  }

  // As a shell that closes would.
  async stop() {
    this.child.stdin.end()
    const { code, signal } = await within(this.exited, 'the daemon stops')
    assert.equal(code ?? signal, 0, `the daemon ended badly: ${this.log.slice(-2000)}`)
  }

  get alive() {
    return this.child && this.child.exitCode === null && this.child.signalCode === null
  }

  rss() {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024
  }

  fds() {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  async dispose() {
    for (const client of this.clients) client.close()
    try {
      if (this.alive) await this.stop()
    } finally {
      if (this.alive) await this.crash()
      rmSync(this.dir, { recursive: true, force: true })
      folders.delete(this.dir)
    }
    assert.doesNotMatch(
      this.log,
      /Sanitizer|runtime error|assertion/,
      'the daemon has something to be ashamed of'
    )
  }
}

// A running node for the test `t`.
export async function startNode(t, ...extra) {
  const node = new Node(extra)
  t.after(() => node.dispose())
  return node.start()
}

// One with a workspace: { node, admin, space, channel }.
export async function startTeam(t, ...extra) {
  const node = await startNode(t, ...extra)
  const admin = node.client()
  return { node, admin, ...(await found(admin)) }
}

// A workspace and a channel in it.
export async function found(admin, name = 'Tea house') {
  const { space } = await admin.ok('createWorkspace', { body: { name, user_name: 'alice' } })
  const { channel } = await admin.ok('createChannel', { path: { space }, body: { name: 'kettles' } })
  return { space, channel }
}
