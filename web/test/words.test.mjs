// Addresses, shortcuts, the switcher's order, and what the page says of numbers and states.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { key, load } from './load.mjs'

const { codeOf, formatRoute, parseRoute } = await load('model/route.ts')
const { KEYMAP, matches, shortcutOf } = await load('model/keymap.ts')
const { rank } = await load('model/places.ts')
const { dayName, initials, isAlone, syncWords } = await load('model/words.ts')
const { emptySpace } = await load('model/space.ts')

test('every view has an address that leads back to it', () => {
  const space = key('A')
  const channel = key('B')
  for (const route of [
    { view: 'home' },
    { view: 'start' },
    { view: 'create' },
    { view: 'join' },
    { view: 'space', space },
    { view: 'network', space },
    { view: 'channel', space, channel, members: false },
    { view: 'channel', space, channel, members: true }
  ])
    assert.deepEqual(parseRoute(formatRoute(route)), route)
})

test('an address that names nothing leads home', () => {
  for (const hash of ['', '#', '#/s/short/c/x', '#/nowhere', '#c=abc'])
    assert.deepEqual(parseRoute(hash), { view: 'home' })
})

test('the code of a link is found, and only as the whole address', () => {
  assert.equal(codeOf('#c=3q2-7w_A'), '3q2-7w_A')
  assert.equal(codeOf('#/c=x'), null)
  assert.equal(codeOf('#c=a/b'), null)
})

const press = (k, ...mods) => ({
  key: k,
  ctrlKey: mods.includes('Ctrl'),
  metaKey: mods.includes('Meta'),
  altKey: mods.includes('Alt'),
  shiftKey: mods.includes('Shift')
})
test('a shortcut wants exactly its keys; on a Mac the command key is Ctrl', () => {
  assert.equal(shortcutOf(press('k', 'Ctrl'), 'Everywhere'), 'switch')
  assert.equal(shortcutOf(press('k', 'Meta'), 'Everywhere'), 'switch')
  assert.equal(shortcutOf(press('k'), 'Everywhere'), null)
  assert.equal(shortcutOf(press('K', 'Ctrl', 'Shift'), 'Everywhere'), null)
  assert.equal(shortcutOf(press('Enter'), 'Composer'), 'send')
  assert.equal(shortcutOf(press('Enter', 'Shift'), 'Composer'), 'break')
})

test('no two shortcuts of one place have the same keys', () => {
  for (const one of KEYMAP) {
    const twins = KEYMAP.filter((other) => other.where === one.where && other.keys === one.keys)
    assert.equal(twins.length, 1, one.keys)
    assert.ok(!matches(press('F13'), one.keys))
  }
})

test('the switcher puts unread channels first, then recent ones, then workspaces', () => {
  const place = (name, more) => ({
    kind: 'channel',
    name,
    detail: '',
    unread: false,
    recent: '',
    space: 's',
    channel: name,
    ...more
  })
  const places = [
    place('tea', { kind: 'workspace' }),
    place('old'),
    place('recent', { recent: '5' }),
    place('news', { unread: true })
  ]
  assert.deepEqual(
    rank(places, '').map((one) => one.name),
    ['news', 'recent', 'old', 'tea']
  )
  assert.deepEqual(
    rank(places, 'ne').map((one) => one.name),
    ['news']
  )
  assert.deepEqual(
    rank(places, 'rcnt').map((one) => one.name),
    ['recent']
  )
  assert.deepEqual(
    rank(places, '#t').map((one) => one.name),
    ['recent']
  )
  assert.deepEqual(
    rank(places, '(').map((one) => one.name),
    []
  )
})

test('days are named from where the reader is', () => {
  const now = new Date(2026, 4, 10, 0, 5).getTime()
  assert.equal(dayName(new Date(2026, 4, 10, 0, 1).getTime(), now), 'Today')
  assert.equal(dayName(new Date(2026, 4, 9, 23, 59).getTime(), now), 'Yesterday')
  assert.equal(dayName(new Date(2026, 4, 1, 12).getTime(), now), 'Friday, May 1')
  assert.equal(dayName(new Date(2025, 4, 1, 12).getTime(), now), 'May 1, 2025')
})

test('the state of sync is told as it is', () => {
  const space = { space: 's', workspace: 'w', name: 'Tea', user_name: 'A', state: 'ready', detail: '' }
  const people = ['a', 'b'].map((user) => ({
    user,
    name: user,
    role: 'member',
    is_me: user === 'a',
    devices: []
  }))
  const sync = { state: 'syncing', events: 1204, held: 0, wanted: 51_796, rejected: 0, peers: 1, detail: '' }
  const data = { ...emptySpace(space), members: people }
  assert.equal(syncWords({ ...data, sync }, false).text, 'Syncing 1,204 of ~53,000')
  assert.equal(syncWords({ ...data, sync }, true).text, 'Node not answering')
  assert.equal(syncWords({ ...data, sync: { ...sync, state: 'offline' } }, false).text, 'No peer reachable')
  const rebuild = { done: 12_000, total: 300_000 }
  assert.equal(
    syncWords({ ...data, sync: { ...sync, state: 'rebuilding', rebuild } }, false).text,
    'Upgrading · 12,000 of 300,000'
  )
  assert.equal(
    syncWords({ ...data, members: people.slice(0, 1), sync: { ...sync, state: 'offline' } }, false).text,
    'Only you so far'
  )
  assert.equal(isAlone(data), false)
})

test('initials come from any script', () => {
  assert.equal(initials('Alice Moreau'), 'AM')
  assert.equal(initials('bob'), 'B')
  assert.equal(initials('  '), '?')
  assert.equal(initials('🫖 pot'), '🫖P')
})
