import { supportsUserIndex } from '@bext/session-core'
import type { Client } from './client.js'
import { createClient } from './client.js'
import type { Steps, Walk } from './walk-steps.js'
import { textOf } from './walk-steps.js'
import { signedIn, signedOut, user } from './page-texts.js'

/** Returns the handles for which the page has buttons, and the number of sessions that it lists. */
function devicesOn(body: string): { readonly handles: readonly string[]; readonly count: number } {
  const handles = Array.from(body.matchAll(/name="handle" value="([^"]*)"/g), ([, handle]) => handle ?? '')
  return { handles, count: body.split('<li ').length - 1 }
}

async function endThatOne({ report }: Walk, { get, post }: Steps, laptop: Client, phone: Client): Promise<void> {
  await post(phone, '/sign-in', { name: user })
  const { handles, count } = devicesOn((await get(laptop, '/store')).body)
  report.check(count === 2 && handles.length === 1, 'the laptop lists both sessions, and can end the other one')
  await post(laptop, '/end-session', { handle: handles[0] ?? '' })
  report.check(textOf(await get(laptop, '/store'), 'who') === signedIn, 'the laptop stays signed in')
  report.check(textOf(await get(phone, '/store'), 'who') === signedOut, 'the phone is signed out')
}

async function endAllOthers({ report }: Walk, { get, post }: Steps, laptop: Client, phone: Client): Promise<void> {
  await post(phone, '/sign-in', { name: user })
  await post(laptop, '/sign-out-others')
  report.check(textOf(await get(laptop, '/store'), 'who') === signedIn, 'the laptop stays signed in')
  report.check(textOf(await get(phone, '/store'), 'who') === signedOut, 'the phone is signed out')
}

async function endAll({ report }: Walk, { get, post }: Steps, laptop: Client, phone: Client): Promise<void> {
  await post(phone, '/sign-in', { name: user })
  await post(laptop, '/sign-out-everywhere')
  report.check((await laptop.cookie()) === undefined, 'the cookie is cleared on the laptop')
  report.check(textOf(await get(phone, '/store'), 'who') === signedOut, 'the phone is signed out, too')
}

async function seeNoList({ report }: Walk, { get }: Steps, laptop: Client): Promise<void> {
  const { body } = await get(laptop, '/store')
  report.check(body.includes('This store cannot list them'), 'the page says that this store cannot list sessions')
  const replies = await Promise.all(
    ['/end-session', '/sign-out-others', '/sign-out-everywhere'].map((path) => laptop.post(path)),
  )
  report.check(
    replies.every(({ status }) => status === 404),
    'the app has no paths to end them',
  )
}

/** Signs one user in on two clients and ends their sessions. Begins and ends with the user signed in on the first client. */
export async function walkDevices(walk: Walk, steps: Steps, laptop: Client): Promise<void> {
  const { store, url, signal } = walk
  if (!supportsUserIndex(store.plugin)) return seeNoList(walk, steps, laptop)
  const phone = await createClient('phone', url, signal)
  await endThatOne(walk, steps, laptop, phone)
  await endAllOthers(walk, steps, laptop, phone)
  await endAll(walk, steps, laptop, phone)
  await steps.post(laptop, '/sign-in', { name: user })
}
