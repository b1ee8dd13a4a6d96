import { checkStoredRows } from './check-stored-rows.js'
import type { Client } from './client.js'
import { createClient } from './client.js'
import { walkDevices } from './walk-devices.js'
import type { Steps, Walk } from './walk-steps.js'
import { printedSteps, textOf } from './walk-steps.js'
import { signedIn, signedOut, user } from './page-texts.js'
import { firefox } from './user-agents.js'
import { walkRoles } from './walk-roles.js'

async function firstVisits({ report }: Walk, { get }: Steps, client: Client): Promise<void> {
  const untouched = await get(client, '/store')
  report.check(untouched.status === 200 && untouched.cookies.length === 0, 'an unchanged session sets no cookie')

  const first = await get(client, '/')
  report.check(textOf(first, 'visits') === '1', 'the first visit is counted')
  const [cookie] = first.cookies
  report.check(
    cookie?.key === '__Host-session-guest' && cookie.path === '/' && cookie.secure,
    'the cookie is for this host',
  )
  report.check(
    cookie?.httpOnly === true && cookie.sameSite === 'lax',
    'scripts cannot read it, and forms of other sites do not send it',
  )

  const second = await get(client, '/')
  report.check(textOf(second, 'visits') === '2', 'the second visit is counted in the same session')
}

async function signIn(walk: Walk, { get, post }: Steps, client: Client): Promise<void> {
  const { store, report, url, signal } = walk
  const before = await client.cookie()
  const refused = await post(client, '/sign-in', { name: user }, 'http://elsewhere.example')
  report.check(refused.status === 403, 'a form of another site is rejected')

  const reply = await post(client, '/sign-in', { name: user })
  const after = await client.cookie()
  report.check(reply.status === 303 && after?.value !== before?.value, 'signing in gives a fresh id')
  await checkStoredRows(store, report, user, after?.value ?? '')
  const page = await get(client, '/')
  report.check(!page.body.includes(after?.value ?? ''), 'the page does not contain the id')
  report.check(textOf(page, 'who') === signedIn, `the page says "${signedIn}"`)
  report.check(textOf(page, 'visits') === '3', 'the counter is kept')

  const old = await get(await createClient('old cookie', url, signal, { cookie: before }), '/store')
  report.check(textOf(old, 'who') === signedOut, 'the id from before the sign-in is not signed in')
  if (store.isServerBacked)
    report.check(textOf(old, 'visits') === '0', 'the id from before the sign-in identifies no session')
}

async function signOut({ store, report, url, signal }: Walk, { get, post }: Steps, client: Client): Promise<void> {
  const before = await client.cookie()
  report.check(before !== undefined, 'the user is signed in')
  await post(client, '/sign-out')
  report.check((await client.cookie()) === undefined, 'signing out clears the cookie')

  const old = await get(await createClient('old cookie', url, signal, { cookie: before }), '/store')
  if (store.isServerBacked) {
    report.check(textOf(old, 'who') === signedOut, 'the old cookie is not signed in')
    const { rows } = await store.look(user)
    report.check(rows.length === 0, 'the store is empty')
  } else {
    report.check(
      textOf(old, 'who') === signedIn,
      'the old sealed cookie is still signed in, because no server stores that it was ended',
    )
    report.note('It stays valid until it expires. If that matters, use a server-backed store or revocation.')
  }
}

/** Visits the running app as a client would, and prints and checks each step. Rejects at the first failed check. */
export async function walkThrough(walk: Walk): Promise<void> {
  const { store, report, url, signal } = walk
  report.heading(`${store.plugin.name}: ${store.place}`)
  report.note(`${store.keeps} Shown: ${store.shows}.`)
  const steps = printedSteps(walk)
  const laptop = await createClient('laptop', url, signal, { userAgent: firefox.header })
  await firstVisits(walk, steps, laptop)
  await signIn(walk, steps, laptop)
  await walkRoles(walk, steps, laptop)
  await walkDevices(walk, steps, laptop)
  await signOut(walk, steps, laptop)
}
