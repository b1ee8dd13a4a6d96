import type { RoleChange } from '../change-role.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { User } from '../users.js'
import type { PageView } from './layout.js'
import { button, pageOf, signInFirst } from './layout.js'

export interface AdminView extends PageView {
  readonly users: readonly User[]
  /** False if the store cannot change the sessions of a user. */
  readonly canChange: boolean
  /** Change that this request made. */
  readonly change?: RoleChange
}

const title = 'Users and their roles'

function changeNotice({ name, role, sessions }: RoleChange): Html {
  const { changed, unchanged, missed, gone } = sessions
  const counts = `${changed} changed, ${unchanged} unchanged, ${missed} missed, ${gone} gone`
  return html`<p id="change" class="notice" role="status">${name} is now ${role}. Sessions of ${name}: ${counts}.</p>`
}

function userItem({ name, role }: User): Html {
  const other = role === 'reader' ? 'editor' : 'reader'
  return html`<li class="row">
    <p class="grow"><b>${name}</b> <span class="quiet">${role}</span></p>
    ${button('/admin/role', `Make ${other}`, { user: name, role: other })}
  </li>`
}

function usersSection({ users, canChange, change }: AdminView): Html {
  if (!canChange) {
    return html`<section>
      <h2>${title}</h2>
      <p id="no-change">
        This store cannot change the sessions of a user. A sealed cookie carries its role until the next sign-in, so an
        app looks up what matters in its own database.
      </p>
    </section>`
  }
  return html`<section>
    <h2>${title}</h2>
    ${change ? changeNotice(change) : ''}
    <ul id="users">
      ${users.map(userItem)}
    </ul>
    <p class="quiet">A change signs nobody out. Other browsers of the user show the new role on their next page.</p>
  </section>`
}

function rightsSection(): Html {
  return html`<section>
    <h2>Who may see this page</h2>
    <p>
      Every signed-in visitor, and each may change every role: the demo asks for no password. Your app checks the
      visitor's own role first, and that the sign-in is recent.
    </p>
  </section>`
}

export function adminPage(view: AdminView): string {
  if (view.userId === undefined) return pageOf(view, '/admin', [signInFirst(title), rightsSection()])
  return pageOf(view, '/admin', [usersSection(view), rightsSection()])
}
