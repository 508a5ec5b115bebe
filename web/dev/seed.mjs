// seed.mjs - what the mock begins with.

const people = [
  ['Alice Moreau', 'owner'],
  ['Bob Tanaka', 'admin'],
  ['Chidi Okafor', 'member'],
  ['Dana Reyes', 'member'],
  ['Eve', 'guest']
]

const talk = [
  [0, 0, 'Good morning! The new kettle is here ☕'],
  [1, 2, 'Finally. Does it *really* boil in **90 seconds**?'],
  [
    0,
    3,
    'I timed it: 87 s for a litre. Numbers:\n\n```\nvolume   time\n0.5 l    46 s\n1.0 l    87 s\n1.7 l   141 s\n```'
  ],
  [0, 3.5, 'Datasheet, for those who like them: https://example.org/kettles/k-87'],
  [2, 9, 'Nice. I will bring the *oolong* that survived my move.'],
  [
    3,
    11,
    'Two things before the weekend:\n\n- the tasting moves to **Thursday 17:00**\n- we need a name for the blend, `blend-7` will not do'
  ],
  [4, 30, 'I vote for "Rumour". It travels without anybody running it.'],
  [1, 31, '> It travels without anybody running it\n\nSold.'],
  [0, 31.5, '🫖🎉'],
  [
    2,
    95,
    'I was on the train without a network since this morning and everything you wrote was there when I came back. <b>Spooky.</b>'
  ],
  [0, 96, 'That is the idea 🙂']
]

export function seed(kind, id, begin) {
  if (kind === 'empty') return []
  if (kind === 'new') return [fresh(id, begin)]
  const tea = space(id, 'Tea house', people, ['general', 'kettles', 'recipes', 'off-topic', 'release-0.2'])
  fill(id, tea, kind === 'many' ? 3000 : 0)
  const garden = space(
    id,
    'Garden club',
    [
      ['Alice M.', 'member'],
      ['Frida', 'owner']
    ],
    ['general', 'seeds']
  )
  say(id, garden, garden.channels[0], 1, Date.now() - 3600e3, 'The beans are up!')
  return [tea, garden]
}

function fresh(id, { name, user_name, state }) {
  const made = space(id, name, [[user_name, 'owner']], ['general'])
  made.info.state = state
  made.sync = { ...made.sync, state: 'offline', events: 6, wanted: 0, peers: 0 }
  made.peers = []
  return made
}

function space(id, name, people, channels) {
  const members = people.map(([person, role], index) => ({
    user: id(),
    name: person,
    role,
    is_me: index === 0,
    devices: Array.from({ length: 1 + (index % 3) }, (_, device) => ({
      device: id(),
      is_me: index === 0 && device === 0,
      recovery: role === 'owner' && device === 1
    }))
  }))
  members[0].devices.push({ device: id(), is_me: false, recovery: true })
  const peers = members.slice(1).flatMap((member, index) =>
    member.devices.map((device, other) => ({
      device: device.device,
      user_name: member.name,
      connected: index + other < 3,
      synced: index < 1,
      direction: index + other < 3 ? (index % 2 ? 'in' : 'out') : '',
      address: index + other < 3 ? `192.0.2.${10 + index}:7443` : '',
      given: [],
      last_error: index + other < 3 ? '' : 'no answer from [2001:db8::7]:7443'
    }))
  )
  return {
    info: { space: id(), workspace: id(), name, user_name: people[0][0], state: 'ready', detail: '' },
    members,
    peers,
    messages: [],
    channels: channels.map((one, index) => ({
      channel: id(),
      name: one,
      created_at_ms: 1.76e12 + index,
      author: { user: members[0].user, name: people[0][0] }
    })),
    sync: {
      state: 'synced',
      events: 1204,
      held: 0,
      wanted: 0,
      rejected: 0,
      peers: peers.filter((one) => one.connected).length,
      detail: ''
    }
  }
}

function say(id, one, channel, who, at_ms, text) {
  const member = one.members[who]
  const message = {
    message: id(),
    channel: channel.channel,
    author: { user: member.user, name: member.name },
    text,
    sent_at_ms: Math.round(at_ms),
    place: `${String(Math.round(at_ms)).padStart(14, '0')}${id().slice(0, 6)}`,
    reactions: []
  }
  one.messages.push(message)
  return message
}

function fill(id, tea, many) {
  const [general, kettles] = tea.channels
  const users = tea.members.map((one) => one.user)
  const start = new Date().setHours(8, 40, 0, 0) - 86400e3
  for (let index = 0; index < many; index += 1) {
    say(
      id,
      tea,
      general,
      (index >> 2) % 5,
      start - (many - index) * 240e3,
      `Message number ${index} of a long talk${' and more of it'.repeat(index % 9)}`
    )
  }
  const said = talk.map(([who, minutes, text]) => say(id, tea, general, who, start + minutes * 60e3, text))
  const react = (message, emoji, who) =>
    message.reactions.push({
      emoji,
      count: who.length,
      mine: who.includes(0),
      users: who.map((one) => users[one])
    })
  react(said[2], '👀', [1, 2])
  react(said[2], '🔥', [0, 1, 3, 4])
  react(said[6], '❤️', [0, 3])
  react(said[8], '🎉', [1, 2, 3, 4])
  const today = Date.now() - 25 * 60e3
  say(id, tea, general, 1, today, 'Who has the key to the back room on Thursday?')
  say(id, tea, general, 3, today + 60e3, 'Me. I can be there at half past four and put the water on.')
  say(id, tea, general, 1, today + 120e3, 'Perfect, thank you!')
  say(id, tea, kettles, 2, today, 'Descaling day is Friday.')
}
