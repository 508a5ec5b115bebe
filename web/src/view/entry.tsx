// entry.tsx - without a token: how to get in.
import { session } from '../session.js'
import { Icon, Mark } from './icon.js'

const texts = {
  none: {
    title: 'Open Topo from your node',
    text: 'This page belongs to the node on this device, and only a link from it lets you in.'
  },
  expired: {
    title: 'This page is signed out',
    text: 'The node no longer knows this page. What you wrote is kept: open it again and go on.'
  },
  'code-refused': {
    title: 'This link was used already',
    text: 'A link opens the page once, and within ten minutes. Ask the node for another.'
  },
  'no-node': {
    title: 'The node does not answer',
    text: 'Start it, then open the page again. Your link was not used.'
  }
} as const

export function Entry() {
  const state = session.value
  if (state === 'entering' || state === 'in') return <main class="screen" aria-busy="true" />
  const { title, text } = texts[state]
  return (
    <main class="screen">
      <div class="card">
        <Mark size={48} />
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        <div class="terminal">
          <Icon name="terminal" size={18} />
          <code>{state === 'no-node' ? 'topo start' : 'topo open'}</code>
        </div>
        <p class="hint">
          Type this in a terminal on this device. Another tab that is signed in lets this one in, too.
        </p>
      </div>
    </main>
  )
}
