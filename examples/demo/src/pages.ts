import { createHash } from 'node:crypto'
import type { SessionSummary } from '@bext/session-core'
import type { Html } from './html.js'
import { html } from './html.js'
import type { DemoStore, Holdings } from './stores/store.js'
import { summarize, timeOf } from './text.js'

export interface HomeView {
  readonly store: { readonly name: string } & Pick<DemoStore, 'place' | 'keeps' | 'shows'>
  readonly userId: string | undefined
  readonly visits: number
  readonly createdAtMs: number | undefined
  readonly holdings: Holdings
  /** The user's sessions, where the store can list them. */
  readonly sessions: readonly SessionSummary[] | undefined
}

const css = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 0 }
section { border: 1px solid #8884; border-radius: .5rem; padding: 1rem; margin: 1rem 0 }
form { display: inline } input, button { font: inherit; padding: .3rem .6rem }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th, td { text-align: left; padding: .3rem .5rem; border-top: 1px solid #8884; overflow-wrap: anywhere }
output { font-size: 2rem; font-weight: 600 } .quiet { opacity: .7 }
`

/** What the pages may do in a browser: show themselves in this style, and send forms back to us. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

function page(title: string, body: Html): string {
  const style: Html = { markup: `<style>${css}</style>` }
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      ${style}
      <h1>Sessions</h1>
      ${body}
    </html> `.markup
}

function button(action: string, label: string): Html {
  return html`<form method="post" action="${action}"><button>${label}</button></form>`
}

function accountSection({ userId, sessions }: HomeView): Html {
  if (userId === undefined) {
    return html`<section>
      <h2>Account</h2>
      <p id="who">Not signed in</p>
      <form method="post" action="/sign-in">
        <label>Your name <input name="name" required maxlength="64" autocomplete="username" /></label>
        <button>Sign in</button>
      </form>
    </section>`
  }
  return html`<section>
    <h2>Account</h2>
    <p id="who">Signed in as ${userId}</p>
    <p>${button('/sign-out', 'Sign out')} ${sessions ? button('/sign-out-everywhere', 'Sign out everywhere') : ''}</p>
  </section>`
}

function visitsSection({ visits }: HomeView): Html {
  return html`<section>
    <h2>Visits</h2>
    <p><output id="visits">${visits}</output> in this session</p>
    <p><a href="/">Count another</a> · <a href="/store">Look again without counting</a></p>
  </section>`
}

function sessionRow({ handle, createdAtMs, expiresAtMs }: SessionSummary, ownCreatedAtMs: number | undefined): Html {
  return html`<tr>
    <td>${timeOf(createdAtMs)} ${createdAtMs === ownCreatedAtMs ? '(this one)' : ''}</td>
    <td>${timeOf(expiresAtMs)}</td>
    <td>
      <form method="post" action="/end-session">
        <input type="hidden" name="handle" value="${handle}" /> <button>Sign out</button>
      </form>
    </td>
  </tr>`
}

function sessionsSection({ userId, sessions, createdAtMs }: HomeView): Html {
  if (userId === undefined || !sessions) return html``
  return html`<section>
    <h2>Your sessions</h2>
    <table>
      <tr>
        <th>Began</th>
        <th>Ends if unused</th>
        <th></th>
      </tr>
      ${sessions.map((session) => sessionRow(session, createdAtMs))}
    </table>
  </section>`
}

function holdingsTable({ columns, rows }: Holdings): Html {
  if (rows.length === 0) return html`<p class="quiet">Nothing</p>`
  const head = columns.map((column) => html`<th>${column}</th>`)
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((value) => html`<td>${summarize(value)}</td>`)}
      </tr>`,
  )
  return html`<table>
    <tr>
      ${head}
    </tr>
    ${body}
  </table>`
}

function storeSection({ store, holdings }: HomeView): Html {
  return html`<section>
    <h2>Store: <span id="store">${store.name}</span>, ${store.place}</h2>
    <p>${store.keeps}</p>
    <p>What it holds now (${store.shows}):</p>
    ${holdingsTable(holdings)}
  </section>`
}

export function homePage(view: HomeView): string {
  const sections = [accountSection, visitsSection, sessionsSection, storeSection]
  return page('Sessions', html`${sections.map((section) => section(view))}`)
}

export function messagePage(message: string): string {
  return page(
    'Sessions',
    html`<p>${message}</p>
      <p><a href="/">Back</a></p>`,
  )
}
