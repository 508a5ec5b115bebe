// browser.mjs - Debian's Chromium under Playwright, with a profile of its own and no calls home.
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// TOPO_NODE_MODULES: a folder that has node_modules, when web/ itself has none.
const folder = process.env.TOPO_NODE_MODULES || fileURLToPath(new URL('../../web', import.meta.url))
const require = createRequire(`${folder}/package.json`)
const { chromium } = require('playwright-core')

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

export function launch() {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error('chromium is missing: install the Debian package chromium')
  return chromium.launch({ executablePath, args: flags })
}

export const axeSource = require.resolve('axe-core/axe.min.js')

// A page that is watched: whatever it should not have said is in `faults`. Refused connections are
// what a browser logs while a daemon is away.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {})
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.faults = []
  page.on('pageerror', (error) => page.faults.push(String(error.stack)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/ERR_CONNECTION_(REFUSED|RESET)/.test(message.text()))
      page.faults.push(message.text())
  })
  await page.goto(url)
  return page
}

// What axe finds of the WCAG, as text; empty when there is nothing.
export async function violations(page) {
  // The protocol's own evaluation is not bound by the page's policy, a script element would be.
  const source = await readFile(axeSource, 'utf8')
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: source })
  await session.detach()
  const { violations: found } = await page.evaluate(async () => {
    // Colours in the middle of a transition are nobody's choice.
    const finite = document
      .getAnimations()
      .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(finite.map((one) => one.finished))
    return globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
  })
  return found
    .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`)
    .join('\n')
}
