import { supportsUserRecords } from '@bext/session-core'
import type { Client } from './client.js'
import { createClient } from './client.js'
import type { Steps, Walk } from './walk-steps.js'
import { textOf } from './walk-steps.js'
import { twoChanged, user } from './page-texts.js'

/** Changes the user's role on one client while the user is signed in on another. The user must be signed in on the first. */
export async function walkRoles({ store, url, report, signal }: Walk, steps: Steps, laptop: Client): Promise<void> {
  const { get, post } = steps
  const change = { user, role: 'editor' }
  if (!supportsUserRecords(store.plugin)) {
    const { status } = await post(laptop, '/admin/role', change)
    report.check(status === 404, 'the app has no path to change the sessions of a user')
    return
  }
  const phone = await createClient('phone', url, signal)
  await post(phone, '/sign-in', { name: user })
  report.check(textOf(await get(phone, '/store'), 'role') === 'reader', 'the phone shows the role "reader"')
  const cookie = await phone.cookie()
  const { body } = await post(laptop, '/admin/role', change)
  report.check(body.includes(twoChanged), `the laptop reads: ${twoChanged}`)
  const isEditor = textOf(await get(phone, '/store'), 'role') === 'editor'
  report.check(
    isEditor && (await phone.cookie())?.value === cookie?.value,
    'the phone shows "editor", without a sign-in',
  )
  await post(phone, '/sign-out')
}
