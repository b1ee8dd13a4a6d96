import type { Html } from '../html.js'
import { html } from '../html.js'
import { script } from '../live-script.js'
import { formatTime } from '../format-time.js'
import type { DemoStore } from '../stores/store.js'
import { css } from '../style.js'

/** Contents of the frame around every page. */
export interface PageView {
  readonly store: DemoStore
  readonly userId: string | undefined
  /** True if a session can be ended from another browser. */
  readonly endsElsewhere: boolean
}

const pages = [
  ['/', 'Home'],
  ['/devices', 'Devices'],
  ['/admin', 'Admin'],
] as const

export type PagePath = (typeof pages)[number][0]

/** Creates a document. */
export function documentOf(body: Html): string {
  const style: Html = { markup: `<style>${css}</style>` }
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Sessions</title>
      ${style} ${body}
    </html> `.markup
}

function pageLink(path: string, label: string, current: PagePath): Html {
  if (path === current) return html`<a href="${path}" aria-current="page">${label}</a>`
  return html`<a href="${path}">${label}</a>`
}

/** Creates a page with its header and, for a signed-in user, the script of the socket. */
export function pageOf({ store, userId }: PageView, current: PagePath, body: readonly Html[]): string {
  const live = html`<p class="live quiet">Live: <b id="live" role="status">off</b></p>`
  const liveScript: Html = { markup: `<script>${script}</script>` }
  return documentOf(
    html`<header>
        <div class="row title">
          <h1>Sessions</h1>
          ${userId === undefined ? '' : live}
        </div>
        <p><b id="who">${userId === undefined ? 'Not signed in' : `Signed in as ${userId}`}</b></p>
        <p class="quiet">Kept in <b id="store">${store.plugin.name}</b>, ${store.place}</p>
        <nav>${pages.map(([path, label]) => pageLink(path, label, current))}</nav>
      </header>
      ${body} ${userId === undefined ? '' : liveScript}`,
  )
}

/** Creates a form with hidden fields and a button. */
export function button(action: string, label: string, fields: Readonly<Record<string, string>> = {}): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )
  return html`<form method="post" action="${action}">${inputs}<button>${label}</button></form>`
}

export function time(timeMs: number, text = formatTime(timeMs)): Html {
  return html`<time datetime="${new Date(timeMs).toISOString()}">${text}</time>`
}

/** Creates the section of a page that only signed-in users can use. */
export function signInFirst(title: string): Html {
  return html`<section>
    <h2>${title}</h2>
    <p><a href="/">Sign in</a> first.</p>
  </section>`
}
