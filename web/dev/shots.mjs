// shots.mjs - pictures of the page on the mock, to be looked at.
//
//   node dev/shots.mjs FOLDER [NAME…]     every scene, or those named, in each width, light and dark
//   node dev/shots.mjs --docs             docs/pictures
import { mkdir } from 'node:fs/promises'
import { Mock } from './mock.mjs'
import { launch } from '../../tests/e2e/browser.mjs'

const [folder, ...names] = process.argv.slice(2)
const widths = { phone: [390, 780], tablet: [900, 700], desk: [1440, 900] }
const scenes = {
  timeline: ['full', async () => {}],
  members: ['full', (page) => page.keyboard.press('Control+.')],
  switcher: ['full', (page) => page.keyboard.press('Control+k')],
  shortcuts: ['full', (page) => page.keyboard.press('Control+/')],
  network: ['full', (page) => page.locator('.sync-chip').click()],
  invite: [
    'full',
    async (page) => {
      await page.keyboard.press('Control+.')
      await page.locator('.panel .button.wide').click()
      await page.getByRole('button', { name: 'Make invite link' }).click()
      await page.locator('.qr path').waitFor()
    }
  ],
  hover: [
    'full',
    async (page) => {
      await page.locator('.row').nth(6).hover()
      await page.locator('.composer textarea').fill('A draft that\nhas two lines')
      await page.locator(".actions [aria-label='Choose a reaction']").click()
    }
  ],
  drawer: [
    'full',
    async (page) => {
      if (await page.locator('.menu button').isVisible()) await page.locator('.menu button').click()
      await page.waitForTimeout(250)
    }
  ],
  start: ['empty', async () => {}],
  create: ['empty', (page) => page.getByText('Create a workspace').click()],
  join: ['empty', (page) => page.getByText('Join with a link').click()],
  fresh: [
    'empty',
    async (page) => {
      await page.getByText('Create a workspace').click()
      await page.getByLabel('Name of the workspace').fill('Tea house')
      await page.getByLabel('Your name').fill('Alice')
      await page.keyboard.press('Enter')
      await page.locator('.beginning').waitFor()
    }
  ],
  waiting: [
    'empty',
    async (page) => {
      await page.getByText('Join with a link').click()
      await page.getByLabel('Invite link').fill('topo://join/AAAA')
      await page.getByLabel('Your name').fill('Bob')
      await page.keyboard.press('Enter')
      await page.getByText('Waiting for a peer').waitFor()
    }
  ],
  compact: [
    'full',
    async (page) => {
      await page.evaluate(() => localStorage.setItem('topo.density', '"compact"'))
      await page.reload()
      await page.locator('.row >> nth=0').waitFor()
    }
  ],
  unread: [
    'many',
    async (page, mock) => {
      const [tea] = mock.spaces
      await page.locator('.scroll').evaluate((box) => (box.scrollTop = box.scrollHeight - 1500))
      await page.locator('.jump').waitFor()
      mock.say(tea, tea.channels[0].channel, tea.members[1].user, 'Are you still there?')
      mock.say(tea, tea.channels[0].channel, tea.members[1].user, 'Hello?')
      mock.say(tea, tea.channels[2].channel, tea.members[2].user, 'A recipe for scones.')
      await page.locator('.jump.fresh').waitFor()
      await page.waitForTimeout(100)
    }
  ],
  newline: [
    'full',
    async (page, mock) => {
      const [tea] = mock.spaces
      await page.waitForFunction(
        () => Object.keys(localStorage).filter((one) => one.startsWith('topo.read.')).length === 2
      )
      await page.keyboard.press('Alt+ArrowDown')
      await page.locator('.header-title', { hasText: 'kettles' }).waitFor()
      mock.say(tea, tea.channels[0].channel, tea.members[1].user, 'Are you still there?')
      await page.locator('.channel.unread').waitFor({ state: 'attached' })
      await page.keyboard.press('Alt+ArrowUp')
      await page.locator('.new').waitFor()
    }
  ],
  settings: [
    'full',
    (page) =>
      page
        .getByRole('button', { name: 'Appearance' })
        .click({ force: true })
        .catch(() => {})
  ],
  down: [
    'full',
    async (page, mock) => {
      await mock.close()
      await page.locator('.banner.bad').waitFor()
      await page.locator('.composer textarea').fill('Does this arrive?')
      await page.keyboard.press('Enter')
      await page.locator('.row-state.bad').waitFor()
    }
  ]
}

const docs = new URL('../../docs/pictures/', import.meta.url).pathname
const pictures = [
  ['timeline', 'desk', 'light', 'timeline-light'],
  ['timeline', 'desk', 'dark', 'timeline-dark'],
  ['start', 'desk', 'light', 'first-run'],
  ['timeline', 'phone', 'light', 'phone']
]

// Every scene in every form, or what the documents show.
function* wanted() {
  if (folder === '--docs') {
    for (const [name, size, scheme, file] of pictures) yield [name, size, scheme, `${docs}${file}.png`]
    return
  }
  for (const name of names.length > 0 ? names : Object.keys(scenes)) {
    for (const size of Object.keys(widths)) {
      for (const scheme of ['light', 'dark'])
        yield [name, size, scheme, `${folder}/${name}-${size}-${scheme}.png`]
    }
  }
}

async function shoot(browser, name, size, colorScheme, path) {
  const [kind, act] = scenes[name]
  const [width, height] = widths[size]
  const mock = new Mock(kind)
  const url = await mock.listen()
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: 'en' })
  const page = await context.newPage()
  page.on('console', (message) => console.log(`${name} ${size}: ${message.text()}`))
  page.on('pageerror', (error) => console.log(`${name} ${size}: ${error.stack}`))
  await page.goto(url)
  await page.locator(kind === 'empty' ? '.card' : '.row >> nth=0').waitFor()
  await act(page, mock)
  await page.waitForTimeout(200)
  await page.screenshot({ path })
  await context.close()
  await mock.close().catch(() => {})
}

await mkdir(folder === '--docs' ? docs : folder, { recursive: true })
const browser = await launch()
for (const one of wanted()) await shoot(browser, ...one)
await browser.close()
