// The reference under /docs/ as people meet it: in a browser, under the policy that a daemon sends.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launch, open } from './browser.mjs'
import { Node } from './nodes.mjs'

let browser, node, origin, token
before(async () => {
  node = await Node.start()
  origin = `http://127.0.0.1:${node.port}`
  token = (await readFile(join(node.folder, 'admin-token'), 'utf8')).trim()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await node?.end()
})

// Runs before the scripts of the reference, and makes faults of what they must not do.
function watch() {
  addEventListener('securitypolicyviolation', (one) =>
    console.error(one.violatedDirective, one.blockedURI, one.sample)
  )
  Object.defineProperty(globalThis, 'sessionStorage', {
    get: () => console.error('sessionStorage was looked at')
  })
}

async function show(page) {
  await page.goto(`${origin}/docs/`)
  await page.locator('.opblock').first().waitFor()
}

// The reference in a browser, which has nothing to say but `faults`, and asks nobody but the daemon.
async function withReference(run, faults = []) {
  const page = await open(browser, 'about:blank')
  const abroad = []
  page.on('request', (request) => {
    if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== origin) abroad.push(request.url())
  })
  try {
    await page.addInitScript(watch)
    await show(page)
    await run(page)
    assert.deepEqual(page.faults, faults)
    assert.deepEqual(abroad, [])
  } finally {
    await page.context().close()
  }
}

const operation = (page, id) => page.locator(`[id^=operations-][id$=-${id}]`)

async function authorize(page) {
  await page.locator('.auth-wrapper .authorize').click()
  await page.getByLabel('auth-bearer-value').fill(token)
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply' }).click()
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Close' }).click()
}

// The status that the node gave.
async function execute(page, id) {
  await operation(page, id).locator('.opblock-summary-control').click()
  await operation(page, id).getByRole('button', { name: 'Execute' }).click()
  return operation(page, id).locator('.live-responses-table tbody .response-col_status').textContent()
}

const streams = ['streamEvents', 'openEventSocket']

test('every operation of the contract is shown and can be opened, and streams are not tried out', async () => {
  const { paths } = await (await fetch(`${origin}/openapi.json`)).json()
  const ids = Object.values(paths)
    .flatMap((path) => Object.values(path))
    .map((one) => one.operationId)
    .filter(Boolean)
  assert.ok(ids.length > 20)
  await withReference(async (page) => {
    assert.match(await page.title(), /Topo/)
    assert.equal(await page.locator('.opblock').count(), ids.length)
    for (const id of ids) {
      const summary = operation(page, id).locator('.opblock-summary-control')
      await summary.dispatchEvent('click')
      await operation(page, id).locator('.responses-wrapper').waitFor()
      const tries = operation(page, id).getByRole('button', { name: 'Execute' })
      assert.equal(await tries.count(), streams.includes(id) ? 0 : 1, id)
      await summary.dispatchEvent('click')
    }
    await page.locator('.models-control').click()
    await page.locator('.models .json-schema-2020-12').first().waitFor()
  })
})

// What Chromium notes of a call that needs a token and has none.
const refused = 'Failed to load resource: the server responded with a status of 401 (Unauthorized)'

test('a pasted token is used for what is tried out, reads and writes, and is forgotten with the page', async () => {
  await withReference(
    async (page) => {
      assert.equal(await execute(page, 'getStatus'), '401')
      await show(page)
      await authorize(page)
      assert.equal(await execute(page, 'getStatus'), '200')
      assert.equal(await execute(page, 'createCode'), '201')
      assert.doesNotMatch(page.url(), new RegExp(token))
      assert.equal(await page.evaluate(() => localStorage.length), 0)
      await show(page)
      assert.equal(await execute(page, 'getStatus'), '401')
    },
    [refused, refused]
  )
})

test('the reference runs under a policy of its own, without inline scripts or styles', async () => {
  for (const path of ['/docs', '/docs/']) {
    const answer = await fetch(`${origin}${path}`, { redirect: 'error' })
    assert.equal(answer.status, 200)
    assert.equal(
      answer.headers.get('content-security-policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert.doesNotMatch(await answer.text(), /<style|<script(?![^>]* src=)| style=| on\w+=/)
  }
  assert.match((await fetch(`${origin}/`)).headers.get('content-security-policy'), /media-src 'self' blob:/)
})

test('the licences of what the reference is made of come with it', async () => {
  const text = await (await fetch(`${origin}/docs/licences.txt`)).text()
  assert.match(text, /SmartBear/)
  assert.match(text, /Apache License\s+Version 2\.0/)
  assert.match(text, /MIT License/)
})
