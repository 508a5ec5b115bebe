// main.tsx - the beginning.
import { effect } from '@preact/signals'
import { render } from 'preact'
import { onKey } from './keys.js'
import { enter, session } from './session.js'
import { start, stop } from './store.js'
import { follow, route } from './ui.js'
import { App } from './view/app.js'

window.addEventListener('popstate', follow)
window.addEventListener('hashchange', () => {
  if (/^#c=/.test(location.hash)) void enter()
  follow()
})
window.addEventListener('keydown', onKey)

void enter()
follow()

let inside = false
effect(() => {
  const now = session.value === 'in'
  if (now !== inside) {
    inside = now
    const at = route.peek()
    if (now) void start('space' in at ? at.space : null)
    else stop()
  }
})

render(<App />, document.getElementById('app')!)
