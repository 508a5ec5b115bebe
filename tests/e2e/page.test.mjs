// The page as people meet it: in a browser, on real daemons, under the policy that they send.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, open, violations } from './browser.mjs'
import { Node } from './nodes.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser.close())

const composer = (page) => page.locator('.composer textarea')
const row = (page, text) => page.locator('.row:not(.pending)', { hasText: text })

async function say(page, text) {
  await composer(page).fill(text)
  await page.keyboard.press('Enter')
}

async function withNodes(count, run) {
  const nodes = []
  const pages = []
  try {
    for (let index = 0; index < count; index += 1) nodes.push(await Node.start())
    await run(nodes, async (url, options) => {
      pages.push(await open(browser, url, options))
      return pages.at(-1)
    })
    for (const page of pages) assert.deepEqual(page.faults, [])
  } finally {
    for (const page of pages) await page.context().close()
    // All of them: one that is left would keep the tests from ending.
    const ends = await Promise.allSettled(nodes.map((one) => one.end()))
    for (const { reason } of ends) if (reason) throw reason
  }
}

// What a page shows first: another screen is one more that a beginner must understand.
async function screens(page) {
  await page.evaluate(() => {
    globalThis.screens = []
    const note = () => {
      const title =
        document.querySelector('dialog[open] h2, .card h1')?.textContent ??
        (document.querySelector('.shell') ? 'the workspace' : null)
      if (title && globalThis.screens.at(-1) !== title) globalThis.screens.push(title)
    }
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true })
    note()
  })
  return () => page.evaluate(() => globalThis.screens)
}

// Alice founds a workspace and invites Bob, both by their pages.
async function meet([alice, bob], show) {
  const a = await show(await alice.link())
  await a.getByText('Create a workspace').click()
  await a.getByLabel('Name of the workspace').fill('Tea house')
  await a.getByLabel('Your name').fill('Alice')
  await a.keyboard.press('Enter')
  await composer(a).waitFor()
  await a.locator('.sidebar').getByRole('button', { name: 'Invite people' }).click()
  await a.getByRole('button', { name: 'Make invite link' }).click()
  const link = await a.getByLabel('Invite link for one person').inputValue()
  await a.keyboard.press('Escape')

  const b = await show(await bob.link())
  const seen = await screens(b)
  await b.getByText('Join with a link').click()
  await b.getByLabel('Invite link').fill(link)
  await b.getByLabel('Your name').fill('Bob')
  await b.keyboard.press('Enter')
  await composer(b).waitFor()
  return { a, b, seen }
}

test('create, invite, join: four screens to the first message, which both read live, and so reactions', async () => {
  await withNodes(2, async (nodes, show) => {
    const { a, b, seen } = await meet(nodes, show)
    await say(b, 'Is the kettle on?')
    await row(b, 'Is the kettle on?').waitFor()
    assert.ok((await seen()).length <= 4, String(await seen()))

    await row(a, 'Is the kettle on?').waitFor()
    assert.equal(await row(a, 'Is the kettle on?').locator('strong').first().textContent(), 'Bob')
    await say(a, 'It is. **Come over!**')
    await row(b, 'Come over!').waitFor()

    await row(b, 'Come over!').hover()
    await b.getByRole('button', { name: 'React with 👍' }).click()
    const chip = row(a, 'Come over!').locator('.chip')
    await chip.waitFor()
    assert.equal(await chip.getAttribute('title'), 'Bob')
    assert.equal(await chip.getAttribute('aria-pressed'), 'false')
    await chip.click()
    await row(b, 'Come over!').locator('.chip', { hasText: '2' }).waitFor()
    assert.equal(await row(b, 'Come over!').count(), 1)

    await a.locator('.sync-chip').click()
    const peer = a.getByRole('row', { name: /Bob/ })
    await peer.getByText('In sync').waitFor()
    assert.match(await peer.textContent(), /127\.0\.0\.1:\d+/)
  })
})

test("what was written apart goes to its place when devices meet, and takes nobody's place away", async () => {
  await withNodes(2, async (nodes, show) => {
    const [alice, bob] = nodes
    const { a, b } = await meet(nodes, show)
    const [, space, channel] = /s\/([^/]+)\/c\/([^/]+)/.exec(a.url())
    await say(a, 'Together')
    await row(b, 'Together').waitFor()

    await bob.stop()
    await a.locator('.banner', { hasText: 'No other device is reachable' }).waitFor()
    await alice.stop()
    await bob.run()
    await say(b, 'Bob, alone')
    await row(b, 'Bob, alone').waitFor()
    await bob.stop()
    await alice.run()
    for (let index = 0; index < 80; index += 1) {
      await alice.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, {
        text: `Alice, later, ${index}`
      })
    }
    await row(a, 'Alice, later, 79').waitFor()
    const banner = a.locator('.banner', { hasText: 'No other device is reachable' })
    await banner.waitFor()
    const box = a.locator('.scroll')
    await box.evaluate((scroll) => (scroll.scrollTop = 400))
    await a.getByRole('button', { name: 'Newest' }).waitFor()
    // As it is painted: between a change and its frame things are not yet put back.
    const middle = () =>
      a.evaluate(async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        const article = document.elementFromPoint(700, 400).closest('.row')
        return { text: article.textContent, bottom: article.getBoundingClientRect().bottom }
      })
    const before = await middle()

    await bob.run()
    await row(a, 'Bob, alone').waitFor({ state: 'attached', timeout: 60_000 })
    await banner.waitFor({ state: 'detached' })
    const after = await middle()
    assert.equal(after.text, before.text)
    assert.ok(
      Math.abs(after.bottom - before.bottom) <= 1,
      `what is read moved by ${after.bottom - before.bottom} px`
    )
    assert.equal(await a.locator('.jump.fresh').count(), 0, 'what is old is no news')
    const texts = await a.locator('.row .text').allTextContents()
    assert.deepEqual(texts.slice(0, 3), ['Together', 'Bob, alone', 'Alice, later, 0'])
  })
})

test('the code is gone from the address, and a second tab gets the token from the first', async () => {
  await withNodes(1, async ([node], show) => {
    await node.found('Tea house', 'Alice')
    const page = await show(await node.link())
    await composer(page).waitFor()
    assert.doesNotMatch(page.url(), /c=/)
    const second = await page.context().newPage()
    await second.goto(`http://127.0.0.1:${node.port}/`)
    await composer(second).waitFor()
  })
})

test('without a token the page says how to get in, and a used link says that it was used', async () => {
  await withNodes(1, async ([node], show) => {
    const bare = await show(`http://127.0.0.1:${node.port}/`)
    await bare.getByText('topo open').waitFor()
    const link = await node.link()
    await show(link).then((page) => page.getByText('Welcome to Topo').waitFor())
    const again = await show(link)
    await again.getByText('This link was used already').waitFor()
    again.faults = again.faults.filter((fault) => !/401/.test(fault)) // the browser logs the refusal
  })
})

test('a daemon that crashes is told of; the draft is kept and the page comes back', async (t) => {
  await withNodes(1, async ([node], show) => {
    await node.found('Tea house', 'Alice')
    const page = await show(await node.link())
    await say(page, 'Before the crash')
    await row(page, 'Before the crash').waitFor()
    await composer(page).fill('A draft that lives on')
    await node.kill()
    const killed = performance.now()
    await page.locator('.banner.bad').waitFor()
    t.diagnostic(`from the crash to the banner: ${Math.round(performance.now() - killed)} ms`)
    assert.equal(await row(page, 'Before the crash').count(), 1)

    await node.run()
    await page.locator('.banner.bad').waitFor({ state: 'detached' })
    assert.equal(await composer(page).inputValue(), 'A draft that lives on')
    await page.reload()
    assert.equal(await composer(page).inputValue(), 'A draft that lives on')
    await composer(page).press('Enter')
    await row(page, 'A draft that lives on').waitFor()
    assert.equal(await composer(page).inputValue(), '')
  })
})

test('what is sent while the daemon is away says so, and goes once when it is back, also after a reload', async () => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    const page = await show(await node.link())
    await composer(page).waitFor()
    await node.kill()
    await page.locator('.banner.bad').waitFor()
    await say(page, 'Sent into the dark')
    await page.locator('.row.failed').waitFor()
    await node.run()
    await row(page, 'Sent into the dark').waitFor()
    await page.reload()
    await row(page, 'Sent into the dark').waitFor()
    assert.equal(await page.locator('.pending').count(), 0)
    const { items } = await node.call('GET', `/v1/spaces/${space}/channels/${channel}/messages`)
    assert.equal(items.length, 1)
  })
})

test('what could not be read before the daemon went is read when it is back', async () => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    await node.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, { text: 'Here all along' })
    const link = await node.link()
    const page = await show(`http://127.0.0.1:${node.port}/`)
    await page.route(/\/messages\?/, (route) => route.abort('connectionrefused'))
    await page.goto(link)
    await page.locator('.skeletons').waitFor()
    await page.unroute(/\/messages\?/)
    await node.kill()
    await page.locator('.banner.bad').waitFor()
    await node.run()
    await row(page, 'Here all along').waitFor()
  })
})

test('every screen is without violations, light and dark, and runs clean under the policy', async () => {
  await withNodes(2, async ([alice, bob], show) => {
    for (const colorScheme of ['light', 'dark']) {
      const check = async (page, name) => assert.equal(await violations(page), '', `${name}, ${colorScheme}`)
      const out = await show(`http://127.0.0.1:${bob.port}/`, { colorScheme })
      await out.getByText('topo open').waitFor()
      await check(out, 'signed out')
      const first = await show(await bob.link(), { colorScheme })
      await first.getByText('Join with a link').click({ trial: true })
      await check(first, 'start')
      await first.goto(`http://127.0.0.1:${bob.port}/#/join`)
      await check(first, 'join')
      await first.goto(`http://127.0.0.1:${bob.port}/#/create`)
      await check(first, 'create')

      const { space, channel } = await alice.found(`Tea ${colorScheme}`, 'Alice')
      const post = (text) => alice.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, { text })
      const { message } = await post(
        '# Hello\n\n- a `list`\n\n```\ncode\n```\n\n> and a [link](https://example.org) <b>as text</b>'
      )
      await alice.call('POST', `/v1/spaces/${space}/messages/${message}/reactions`, { emoji: '🫖' })
      const page = await show(await alice.link(), { colorScheme })
      await page.goto(`http://127.0.0.1:${alice.port}/#/s/${space}`)
      await row(page, 'as text').waitFor()
      await check(page, 'timeline')
      await row(page, 'as text').hover()
      await check(page, 'row actions')
      await page.locator('.actions').getByRole('button', { name: 'Choose a reaction' }).click()
      await check(page, 'palette')
      await page.keyboard.press('Escape')
      for (const [keys, name] of [
        ['Control+k', 'switcher'],
        ['Control+/', 'shortcuts']
      ]) {
        await page.keyboard.press(keys)
        await page.locator('dialog[open]').waitFor()
        await check(page, name)
        await page.keyboard.press('Escape')
      }
      await page.getByRole('button', { name: 'Appearance' }).click()
      await check(page, 'appearance')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Create a channel' }).click()
      await check(page, 'new channel')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+.')
      await page.locator('.panel summary').first().click()
      await check(page, 'members')
      await page.locator('.panel').getByRole('button', { name: 'Invite people' }).click()
      await check(page, 'invite')
      await page.getByRole('button', { name: 'Make invite link' }).click()
      await page.locator('.qr path').waitFor()
      await check(page, 'invite link')
      await page.keyboard.press('Escape')
      await page.locator('.sync-chip').click()
      await page.locator('.figures').waitFor()
      await check(page, 'network')
    }
  })
})

test('on a phone nothing is wider than the screen, and the list of channels is one tap away', async () => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    await node.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, {
      text: `wide ${'w'.repeat(400)}\n\n\`\`\`\n${'c'.repeat(400)}\n\`\`\``
    })
    for (const width of [390, 1440]) {
      const page = await show(await node.link(), { viewport: { width, height: 780 } })
      await row(page, 'wide').waitFor()
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width)
      assert.ok(
        await page.evaluate(
          () => document.querySelector('.scroll').scrollWidth <= document.querySelector('.scroll').clientWidth
        )
      )
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'))
      assert.equal(
        await page.evaluate(() => document.documentElement.scrollWidth),
        width,
        'with text at 200 %'
      )
      assert.ok(await composer(page).isVisible())
      await page.evaluate(() => (document.documentElement.style.fontSize = ''))
      if (width > 390) continue
      await page.getByRole('button', { name: 'Channels' }).click()
      await page.locator('.sidebar').getByText('Go to…').click()
      await page.getByRole('combobox').waitFor()
      assert.equal(await violations(page), '')
    }
  })
})

test('a long channel: few rows, older pages come without moving what is read, late news do not steal the place', async () => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    const post = (text) => node.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, { text })
    const total = 400
    for (let index = 0; index < total; index += 1)
      await post(`Number ${index}.${' words'.repeat((index * 7) % 40)}`)
    const page = await show(await node.link())
    await row(page, `Number ${total - 1}.`).waitFor()
    const scroll = page.locator('.scroll')
    const gap = () => scroll.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
    assert.ok((await gap()) < 2, 'it opens at the bottom')

    // Up in steps, as a wheel does. Whatever loads, the row in sight moves by the step and no more.
    let most = 0
    let rows = 0
    for (let step = 0; step < 400 && !(await row(page, 'Number 0.').count()); step += 1) {
      const [moved, count] = await scroll.evaluate(async (box) => {
        const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        const middle = document.elementFromPoint(box.getBoundingClientRect().left + 300, 400).closest('.row')
        const before = middle?.getBoundingClientRect().bottom
        const top = box.scrollTop
        box.scrollTop -= 300
        const asked = top - box.scrollTop
        await frame()
        await frame()
        const now = middle?.isConnected ? middle.getBoundingClientRect().bottom : null
        return [
          now === null || before === undefined ? 0 : Math.abs(now - before - asked),
          box.querySelectorAll('.rows > li').length
        ]
      })
      most = Math.max(most, moved)
      rows = Math.max(rows, count)
    }
    assert.equal(await row(page, 'Number 0.').count(), 1, 'the first message is reached')
    assert.ok(most <= 1, `what is read moved by ${most} px`)
    assert.ok(rows <= 200, `${rows} rows`)
    assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < 6000)

    const first = await row(page, 'Number 0.').boundingBox()
    await post('News')
    await page.getByRole('button', { name: 'Newest' }).waitFor()
    assert.deepEqual(await row(page, 'Number 0.').boundingBox(), first)
    await page.getByRole('button', { name: 'Newest' }).click()
    await row(page, 'News').waitFor()
    assert.ok((await gap()) < 2)
  })
})

test('the keyboard alone: channels, messages, reactions, regions, closing', async () => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    for (const text of ['one', 'two'])
      await node.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, { text })
    await node.call('POST', `/v1/spaces/${space}/channels`, { name: 'kettles' })
    const page = await show(await node.link())
    await row(page, 'two').waitFor()
    const title = page.locator('.header-title')
    await page.keyboard.press('Alt+ArrowDown')
    await title.getByText('kettles').waitFor()
    await page.keyboard.press('Alt+ArrowUp')
    await row(page, 'two').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('kett')
    await page.keyboard.press('Enter')
    await title.getByText('kettles').waitFor()
    assert.equal(await composer(page).inputValue(), '', 'what is typed after Ctrl+K goes to the switcher')
    await page.goBack()
    await row(page, 'two').waitFor()

    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'))
    await composer(page).focus()
    await page.keyboard.press('ArrowUp')
    assert.match(await focused(), /: two$/)
    await page.keyboard.press('ArrowUp')
    await page.waitForFunction(() => / one$/.test(document.activeElement.getAttribute('aria-label')))
    await page.keyboard.press('r')
    await page.locator('.palette').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await row(page, 'one').locator('.chip', { hasText: '👎' }).waitFor()
    await page.waitForFunction(() => / one$/.test(document.activeElement.getAttribute('aria-label')))
    await page.keyboard.press('F6')
    assert.equal(await focused(), 'Message #general')
    await page.keyboard.press('Shift+F6')
    assert.match(await focused(), / one$/)
    await page.keyboard.press('Escape')
    assert.equal(await focused(), 'Message #general')

    // A dialog whose end is told of late does not take the next one with it.
    await page.keyboard.press('Control+k')
    await page.evaluate(async () => {
      document.querySelector('dialog').close()
      document.body.dispatchEvent(
        new KeyboardEvent('keydown', { key: '/', ctrlKey: true, bubbles: true, cancelable: true })
      )
      await new Promise((done) => setTimeout(() => requestAnimationFrame(done)))
    })
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await composer(page).focus()

    // Enter that ends a composition sends nothing; with Shift it breaks the line.
    await composer(page).fill('half')
    await composer(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true })
    await page.keyboard.press('Shift+Enter')
    assert.equal(await composer(page).inputValue(), 'half\n')
    assert.equal(await page.locator('.row').count(), 2)
  })
})

test('a join that waits says so, can be left and resumed, and ends by itself', async () => {
  await withNodes(2, async ([alice, bob], show) => {
    const { space } = await alice.found('Tea house', 'Alice')
    const { link } = await alice.call('POST', `/v1/spaces/${space}/invites`, {})
    await alice.kill()
    const page = await show(await bob.link())
    await page.getByText('Join with a link').click()
    await page.getByLabel('Invite link').fill(link)
    await page.getByLabel('Your name').fill('Bob')
    await page.keyboard.press('Enter')
    await page.getByText('Waiting for a peer').waitFor()
    assert.equal(await violations(page), '')
    await page.getByRole('link', { name: 'Go back' }).click()
    await page.getByText('Resume').click()
    await page.getByText('Waiting for a peer').waitFor()
    await page.reload()
    await page.getByText('Waiting for a peer').waitFor()
    await alice.run()
    await composer(page).waitFor({ timeout: 60_000 })
    await page.locator('.sidebar-head').getByText('Tea house').waitFor()
  })
})

test('a token that ends leads to the way in, and what was being written is there afterwards', async () => {
  await withNodes(1, async ([node], show) => {
    await node.found('Tea house', 'Alice')
    const page = await show(await node.link())
    await composer(page).fill('Half a thought')
    const { items } = await node.call('GET', '/v1/tokens')
    for (const { token_id } of items.filter((one) => one.name === 'browser'))
      await node.call('DELETE', `/v1/tokens/${token_id}`)
    await page.keyboard.press('Enter')
    await page.getByText('This page is signed out').waitFor()
    await page.goto(await node.link())
    // Sent, or still in the composer, when the end of the token was heard of before the key.
    await page.waitForFunction(() => {
      const texts = [...document.querySelectorAll('.row:not(.pending) .text')].map((one) => one.textContent)
      return [...texts, document.querySelector('.composer textarea')?.value].includes('Half a thought')
    })
    page.faults = page.faults.filter((fault) => !/401/.test(fault)) // the browser logs the refusal
  })
})

test('two accounts in one window: each has its own name, messages and drafts', async () => {
  await withNodes(1, async ([node], show) => {
    const tea = await node.found('Tea house', 'Alice')
    const garden = await node.found('Garden club', 'Gardener')
    const page = await show(await node.link())
    await page.goto(`http://127.0.0.1:${node.port}/#/s/${tea.space}`)
    await page.locator('.header-title', { hasText: 'general' }).waitFor()
    await composer(page).fill('for the tea house')
    await page
      .getByRole('navigation', { name: 'Workspaces' })
      .getByRole('link', { name: 'Garden club' })
      .click()
    await page.locator('.sidebar-head').getByText('Garden club').waitFor()
    assert.equal(await page.locator('.me-name').textContent(), 'Gardener')
    assert.equal(await composer(page).inputValue(), '')
    await say(page, 'The beans are up')
    await row(page, 'The beans are up').waitFor()
    await page.goBack()
    await page.locator('.sidebar-head').getByText('Tea house').waitFor()
    assert.equal(await composer(page).inputValue(), 'for the tea house')
    assert.equal(await page.locator('.row').count(), 0)
    assert.equal(garden.space === tea.space, false)
  })
})

// How long things take is told and not judged: docs/performance.md has figures of a quiet machine.
test('the first row after a reload, a sent row, the switcher', async (t) => {
  await withNodes(1, async ([node], show) => {
    const { space, channel } = await node.found('Tea house', 'Alice')
    for (let index = 0; index < 200; index += 1) {
      await node.call('POST', `/v1/spaces/${space}/channels/${channel}/messages`, {
        text: `Number ${index}.`
      })
    }
    const page = await show(await node.link())
    await row(page, 'Number 199.').waitFor()
    await page.reload()
    await row(page, 'Number 199.').waitFor()
    const told = (what, ms) => t.diagnostic(`${what}: ${Math.round(ms)} ms`)
    told('from the reload to the first row', await page.evaluate(() => performance.now()))

    // Milliseconds from a key to what it brings, on the page's own clock.
    const until = (key, selector) =>
      page.evaluate(
        ([press, wanted]) =>
          new Promise((done) => {
            const start = performance.now()
            new MutationObserver((_, observer) => {
              if (!document.querySelector(wanted)) return
              observer.disconnect()
              requestAnimationFrame(() => done(performance.now() - start))
            }).observe(document.body, { childList: true, subtree: true })
            document.activeElement.dispatchEvent(
              new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...press })
            )
          }),
        [key, selector]
      )
    await composer(page).fill('quick')
    told('from the key to the sent row', await until({ key: 'Enter' }, '.row.pending'))
    told('from the key to the switcher', await until({ key: 'k', ctrlKey: true }, 'dialog[open]'))
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'combobox')
  })
})
