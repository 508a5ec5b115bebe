// docs.js - Swagger UI on the contract of the node that this page comes from.
//
// The page knows no token: one that is pasted under "Authorize" stays in memory until the page is left.
const dark = matchMedia('(prefers-color-scheme: dark)')
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', paint)
paint()

// Of Markdown, the contract uses paragraphs and `code`. Swagger UI's own renderer writes HTML into the
// page, which the policy that the page runs under forbids.
function markdown({ React }) {
  const h = React.createElement
  const spans = (text) =>
    text.split('`').map((part, index) => (index % 2 ? h('code', { key: index }, part) : part))
  const Markdown = ({ source, className = '' }) =>
    typeof source === 'string' && source.trim()
      ? h(
          'div',
          { className: `markdown ${className}` },
          source
            .trim()
            .split(/\n\s*\n/)
            .map((text, index) => h('p', { key: index }, spans(text)))
        )
      : null
  return { wrapComponents: { Markdown: () => Markdown } }
}

// Calls go to the node that serves the page, wherever it listens.
function here() {
  const update = (original) => (contract) =>
    original({ ...contract, servers: [{ url: location.origin, description: 'This node' }] })
  return { statePlugins: { spec: { wrapActions: { updateJsonSpec: update } } } }
}

// A stream has no end that "Execute" could wait for.
function streams() {
  const allow = (original) => (state, path, method) =>
    !path.startsWith('/v1/events') && original(state, path, method)
  return { statePlugins: { spec: { wrapSelectors: { allowTryItOutFor: allow } } } }
}

SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('docs'),
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [markdown, here, streams],
  layout: 'BaseLayout',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null
})
