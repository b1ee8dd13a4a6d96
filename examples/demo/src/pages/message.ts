import { html } from '../html.js'
import { documentOf } from './layout.js'

/** Creates a page with a message and a link to the home page. */
export function messagePage(message: string): string {
  return documentOf(
    html`<h1>Sessions</h1>
      <section>
        <p>${message}</p>
        <p><a href="/">Back</a></p>
      </section>`,
  )
}
