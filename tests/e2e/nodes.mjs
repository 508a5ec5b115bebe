// nodes.mjs - real daemons for tests: each with a folder, ports of its own, and an end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const topod = join(process.env.TOPO_BUILDDIR || process.cwd(), 'topod')

export class Node {
  static async start() {
    const node = new Node()
    node.folder = await mkdtemp(join(tmpdir(), 'topo-page-'))
    await node.run('127.0.0.1:0', '127.0.0.1:0')
    node.udp = (await node.call('GET', '/v1/status')).udp_address
    return node
  }

  // Serves; on the ports that it had.
  async run(listen = `127.0.0.1:${this.port}`, bind = this.udp) {
    this.said = ''
    this.away = false
    this.process = spawn(
      topod,
      [
        '--data',
        this.folder,
        '--socket',
        join(this.folder, 'topod.sock'),
        '--bind',
        bind,
        '--listen',
        listen,
        '--shell'
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] }
    )
    this.process.stderr.on('data', (text) => (this.said += text))
    const ended = once(this.process, 'exit').then(([status]) => {
      throw new Error(`topod ended with ${status} before it was ready: ${this.said}`)
    })
    ended.catch(() => {})
    const [line] = await Promise.race([once(createInterface(this.process.stdout), 'line'), ended])
    this.port = JSON.parse(line).port
  }

  // At once, as a crash would.
  async kill() {
    this.away = true
    this.process.kill('SIGKILL')
    await once(this.process, 'exit')
  }

  // In peace: peers are told. A daemon that went without being asked to is an error.
  async stop() {
    if (this.away) return
    this.away = true
    const { exitCode, signalCode } = this.process
    if (exitCode !== null || signalCode !== null)
      throw new Error(`topod ended by itself with ${signalCode ?? exitCode}: ${this.said}`)
    this.process.stdin.end()
    const [status] = await once(this.process, 'exit')
    if (status !== 0) throw new Error(`topod ended with ${status}: ${this.said}`)
  }

  async end() {
    try {
      await this.stop()
    } finally {
      await rm(this.folder, { recursive: true })
    }
  }

  // A call with the admin's token.
  async call(method, path, body) {
    const token = (await readFile(join(this.folder, 'admin-token'), 'utf8')).trim()
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body)
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  // The address that `topo open` would open.
  async link() {
    return (await this.call('POST', '/v1/codes')).url
  }

  // A workspace without a page, for tests of what comes after.
  async found(name, user_name) {
    const space = await this.call('POST', '/v1/workspaces', { name, user_name })
    const { items } = await this.call('GET', `/v1/spaces/${space.space}/channels`)
    return { space: space.space, channel: items[0]?.channel }
  }
}
