import type { Html } from '../html.js'
import { html } from '../html.js'
import { watchIntervalMs } from '../sessions.js'
import type { StoredRows } from '../stores/store.js'
import type { Role } from '../users.js'
import type { PageView } from './layout.js'
import { button, pageOf } from './layout.js'

export interface HomeView extends PageView {
  readonly visits: number
  readonly role: Role
  readonly storedRows: StoredRows
  /** Hash of the id in the visitor's cookie. Undefined if the store does not contain it. */
  readonly ownHash: string | undefined
}

function accountSection({ userId, role, endsElsewhere }: HomeView): Html {
  if (userId === undefined) {
    return html`<section>
      <h2>Sign in</h2>
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
  const live = endsElsewhere
    ? html`The socket of this page closes within ${watchIntervalMs / 1000} seconds after this session is signed out in
      another browser.`
    : html`The socket of this page stays open until the cookie expires, because a sealed cookie cannot be ended
      elsewhere.`
  return html`<section>
    <h2>Your session</h2>
    <div class="row">
      <p class="grow">Your role: <b id="role">${role}</b></p>
      ${button('/sign-out', 'Sign out')}
    </div>
    <p class="quiet">${live} It is the only part that needs scripts.</p>
  </section>`
}

function visitsSection({ visits }: HomeView): Html {
  return html`<section>
    <h2>Visits</h2>
    <p><output id="visits">${visits}</output> in this session</p>
    <p class="row"><a href="/">Count another</a> <a href="/store">Look again without counting</a></p>
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

function storeSection({ store, storedRows: { columns, rows }, ownHash }: HomeView): Html {
  const legend = html`<p class="quiet">
    <mark>Marked</mark>: the SHA-256 of the id in this browser's cookie. It cannot be used to sign in.
  </p>`
  return html`<section id="stored-rows">
    <h2>Contents of the store</h2>
    <p>${store.keeps}</p>
    <p class="quiet">Shown: ${store.shows}${rows.length === 0 ? '. Currently none.' : ':'}</p>
    ${ownHash === undefined || rows.length === 0 ? '' : legend}
    ${rows.map((row) => storedRowItem(columns, row, ownHash))}
  </section>`
}

export function homePage(view: HomeView): string {
  return pageOf(view, '/', [accountSection(view), visitsSection(view), storeSection(view)])
}
