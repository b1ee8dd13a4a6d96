import { waitUntil } from '@bext-internal/test-services'
import { supportsUserIndex } from '@bext/session-core'
import type { Client } from './client.js'
import { createClient } from './client.js'
import type { Steps, Walk } from './walk-steps.js'
import { textOf } from './walk-steps.js'
import { sessionEndedCode } from '../src/live-script.js'
import { watchIntervalMs } from '../src/sessions.js'
import { UserError } from '../src/user-error.js'
import { signedIn, signedOut, user } from './page-texts.js'
import { androidChrome, firefox } from './user-agents.js'

const closesWithinMs = watchIntervalMs + 5000

/** Returns the names of the devices, the handles for which the page has buttons. */
function devicesOn(body: string): { readonly names: readonly string[]; readonly handles: readonly string[] } {
  const handles = Array.from(body.matchAll(/name="handle" value="([^"]*)"/g), ([, handle]) => handle ?? '')
  const names = Array.from(body.matchAll(/class="device">([^<]*)</g), ([, name]) => name ?? '')
  return { names, handles }
}

async function endThatOne({ report }: Walk, { get, post }: Steps, laptop: Client, phone: Client): Promise<void> {
  await post(phone, '/sign-in', { name: user })
  const socket = await phone.live()
  report.check(true, 'the socket of the phone is connected')
  const { names, handles } = devicesOn((await get(laptop, '/devices')).body)
  const isNamed = names.join(', ') === `${firefox.name}, ${androidChrome.name}`
  report.check(isNamed && handles.length === 1, `the laptop lists ${names.join(' and ')}, and can end the other one`)
  let closeCode: number | undefined
  socket.once('close', (code) => (closeCode = code))
  await post(laptop, '/end-session', { handle: handles[0] ?? '' })
  report.check(textOf(await get(laptop, '/store'), 'who') === signedIn, 'the laptop stays signed in')
  report.check(textOf(await get(phone, '/store'), 'who') === signedOut, 'the phone is signed out')
  const code = await waitUntil(async () => {
    if (closeCode === undefined) throw new UserError('The socket of the phone is still open.')
    return closeCode
  }, closesWithinMs)
  report.check(code === sessionEndedCode, 'the socket of the phone closes, because the session has ended')
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
  const { body } = await get(laptop, '/devices')
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
  const phone = await createClient('phone', url, signal, { userAgent: androidChrome.header })
  await endThatOne(walk, steps, laptop, phone)
  await endAllOthers(walk, steps, laptop, phone)
  await endAll(walk, steps, laptop, phone)
  await steps.post(laptop, '/sign-in', { name: user })
}
