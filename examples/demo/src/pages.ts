import type { UserSession } from '@bext/session-core/manager'
import type { Html } from './html.js'
import { html } from './html.js'
import type { DemoStore, StoredRows } from './stores/store.js'
import { css } from './style.js'
import { formatTime } from './format-time.js'

export interface HomeView {
  readonly store: { readonly name: string } & Pick<DemoStore, 'place' | 'keeps' | 'shows'>
  readonly userId: string | undefined
  readonly visits: number
  readonly storedRows: StoredRows
  /** Sessions of the user. `undefined` if the store cannot list them. */
  readonly devices: readonly UserSession[] | undefined
}

function page(title: string, body: Html): string {
  const style: Html = { markup: `<style>${css}</style>` }
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}</title>
      ${style} ${body}
    </html> `.markup
}

function button(action: string, label: string): Html {
  return html`<form method="post" action="${action}"><button>${label}</button></form>`
}

function time(timeMs: number): Html {
  return html`<time datetime="${new Date(timeMs).toISOString()}">${formatTime(timeMs)}</time>`
}

function header({ store }: HomeView): Html {
  return html`<header>
    <h1>Sessions</h1>
    <p class="quiet">Kept in <b id="store">${store.name}</b>, ${store.place}</p>
  </header>`
}

function accountSection({ userId }: HomeView): Html {
  if (userId === undefined) {
    return html`<section>
      <h2 id="who">Not signed in</h2>
      <form method="post" action="/sign-in">
        <label for="name">Your name</label>
        <div class="row">
          <input id="name" name="name" required maxlength="64" autocomplete="username" />
          <button class="main">Sign in</button>
        </div>
      </form>
      <p class="quiet">Any name will do: the demo shows what happens after the password check.</p>
    </section>`
  }
  return html`<section>
    <h2 id="who">Signed in as ${userId}</h2>
    ${button('/sign-out', 'Sign out')}
  </section>`
}

function visitsSection({ visits }: HomeView): Html {
  return html`<section>
    <h2>Visits</h2>
    <p><output id="visits">${visits}</output> in this session</p>
    <p class="row"><a href="/">Count another</a> <a href="/store">Look again without counting</a></p>
  </section>`
}

function deviceItem({ handle, createdAtMs, expiresAtMs, isCurrent }: UserSession): Html {
  const end = isCurrent
    ? html`<span class="badge">This one</span>`
    : html`<form method="post" action="/end-session">
        <input type="hidden" name="handle" value="${handle}" /><button>Sign out that one</button>
      </form>`
  const use = isCurrent ? html`In use now` : html`Ends ${time(expiresAtMs)}, unless it is used before`
  return html`<li class="row">
    <div class="grow">
      <p>Signed in ${time(createdAtMs)}</p>
      <p class="quiet">${use}</p>
    </div>
    ${end}
  </li>`
}

function devicesSection({ userId, devices }: HomeView): Html {
  if (userId === undefined) return html``
  if (!devices) {
    return html`<section>
      <h2>Your devices</h2>
      <p id="no-devices">
        This store cannot list them. A sealed cookie is the session itself, and nothing on the server knows how many
        there are.
      </p>
      <p class="quiet">
        For the same reason, signing out clears the cookie in this browser, but a copy of it opens until it expires.
      </p>
    </section>`
  }
  return html`<section>
    <h2>Your devices</h2>
    <ul id="devices">
      ${devices.map(deviceItem)}
    </ul>
    <div class="row">
      ${devices.length > 1 ? button('/sign-out-others', 'Sign out all others') : ''}
      ${button('/sign-out-everywhere', 'Sign out everywhere')}
    </div>
  </section>`
}

/** Marks the hash in the text. */
function marked(text: string, hash: string | undefined): Html {
  const [first = '', ...rest] = hash === undefined ? [text] : text.split(hash)
  return html`${first}${rest.map((after) => html`<mark>${hash ?? ''}</mark>${after}`)}`
}

function storedRowItem(columns: readonly string[], row: readonly string[], ownHash: string | undefined): Html {
  const entries = row.map(
    (value, index) =>
      html`<dt>${columns[index] ?? ''}</dt>
        <dd>${marked(value, ownHash)}</dd>`,
  )
  return html`<dl>${entries}</dl>`
}

function storeSection({ store, storedRows: { columns, rows }, devices }: HomeView): Html {
  const ownHash = devices?.find(({ isCurrent }) => isCurrent)?.handle
  const legend = html`<p class="quiet">
    <mark>Marked</mark>: the SHA-256 of the id in this browser's cookie. It cannot be used to sign in.
  </p>`
  return html`<section id="stored-rows">
    <h2>Contents of the store</h2>
    <p>${store.keeps}</p>
    <p class="quiet">Shown: ${store.shows}${rows.length === 0 ? '. Currently none.' : ':'}</p>
    ${ownHash === undefined ? '' : legend} ${rows.map((row) => storedRowItem(columns, row, ownHash))}
  </section>`
}

export function homePage(view: HomeView): string {
  const parts = [header, accountSection, visitsSection, devicesSection, storeSection]
  return page('Sessions', html`${parts.map((part) => part(view))}`)
}

export function messagePage(message: string): string {
  return page(
    'Sessions',
    html`<h1>Sessions</h1>
      <section>
        <p>${message}</p>
        <p><a href="/">Back</a></p>
      </section>`,
  )
}
