import { createHash } from 'node:crypto'
import { supportsUserIndex } from '@bext/session-core'
import type { Client, Reply } from './client.js'
import { createClient } from './client.js'
import type { Report } from './report.js'
import type { DemoStore } from './stores/store.js'

export interface Walk {
  readonly store: DemoStore
  readonly url: string
  readonly report: Report
  readonly signal: AbortSignal
}

type Form = Readonly<Record<string, string>>

interface Steps {
  readonly get: (client: Client, path: string) => Promise<Reply>
  readonly post: (client: Client, path: string, fields?: Form, origin?: string) => Promise<Reply>
}

const user = 'ada'
const signedIn = `Signed in as ${user}`
const signedOut = 'Not signed in'

function textOf({ body }: Reply, id: 'who' | 'visits'): string | undefined {
  return new RegExp(`id="${id}">([^<]*)<`).exec(body)?.[1]
}

/** Requests that are printed, with what the store holds after each. */
function printedSteps({ store, report }: Walk): Steps {
  async function print(client: Client, request: string, reply: Reply): Promise<Reply> {
    report.request(client.name, request, reply.status)
    report.cookies(reply.cookies)
    report.holdings(await store.look(user))
    return reply
  }

  return {
    get: async (client, path) => print(client, `GET ${path}`, await client.get(path)),
    async post(client, path, fields = {}, origin?: string) {
      const from = origin === undefined ? '' : ` from ${origin}`
      const body = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`)
      return print(client, `POST ${path}${body.join('')}${from}`, await client.post(path, fields, origin))
    },
  }
}

async function firstVisits({ report }: Walk, { get }: Steps, client: Client): Promise<void> {
  const untouched = await get(client, '/store')
  report.check(untouched.status === 200 && untouched.cookies.length === 0, 'an untouched session costs no cookie')

  const first = await get(client, '/')
  report.check(textOf(first, 'visits') === '1', 'the first visit is counted')
  const [cookie] = first.cookies
  report.check(cookie?.key === '__Host-session' && cookie.path === '/' && cookie.secure, 'the cookie is for this host')
  report.check(cookie?.httpOnly === true && cookie.sameSite === 'lax', 'scripts and forms elsewhere do not get it')

  const second = await get(client, '/')
  report.check(textOf(second, 'visits') === '2', 'the second visit is counted in the same session')
}

/** What is in the backend must let nobody in: the hash of an id at most (contract I1). */
async function checkHoldings({ store, report }: Walk, id: string): Promise<void> {
  const { rows } = await store.look(user)
  const held = rows.flat().join('\n')
  if (!store.isServerBacked) return report.check(held === '', 'the store holds nothing')
  const hash = createHash('sha256').update(id).digest('base64url')
  report.check(held.includes(hash) && !held.includes(id), 'the store holds the hash of the id, and not the id')
}

async function signIn(walk: Walk, { get, post }: Steps, client: Client): Promise<void> {
  const { store, report, url, signal } = walk
  const before = await client.cookie()
  const refused = await post(client, '/sign-in', { name: user }, 'http://elsewhere.example')
  report.check(refused.status === 403, 'a form from elsewhere is refused')

  const reply = await post(client, '/sign-in', { name: user })
  const after = await client.cookie()
  report.check(reply.status === 303 && after?.value !== before?.value, 'signing in gives a fresh id')
  await checkHoldings(walk, after?.value ?? '')
  const page = await get(client, '/')
  report.check(textOf(page, 'who') === signedIn, `the page says "${signedIn}"`)
  report.check(textOf(page, 'visits') === '3', 'the counter went along')

  const old = await get(await createClient('old cookie', url, signal, before), '/store')
  report.check(textOf(old, 'who') === signedOut, 'the id from before the sign-in is not signed in')
  if (store.isServerBacked) report.check(textOf(old, 'visits') === '0', 'and names no session any more')
}

async function signOutEverywhere(walk: Walk, { get, post }: Steps, client: Client): Promise<void> {
  const { store, report, url, signal } = walk
  if (!supportsUserIndex(store.plugin)) {
    report.note('"Sign out everywhere" is not offered: this store has no list of sessions.')
    const reply = await client.post('/sign-out-everywhere')
    report.check(reply.status === 404, 'and the app has no such address')
    return
  }
  const phone = await createClient('phone', url, signal)
  await post(phone, '/sign-in', { name: user })
  const sessions = await store.plugin.listUserSessions(user)
  report.check(sessions.length === 2, 'the user has two sessions')

  await post(client, '/sign-out-everywhere')
  report.check((await client.cookie()) === undefined, 'the cookie is cleared where it was asked for')
  const page = await get(phone, '/store')
  report.check(textOf(page, 'who') === signedOut, 'and the other client is signed out, too')
  await post(client, '/sign-in', { name: user })
}

async function signOut({ store, report, url, signal }: Walk, { get, post }: Steps, client: Client): Promise<void> {
  const before = await client.cookie()
  report.check(before !== undefined, 'the user is signed in')
  await post(client, '/sign-out')
  report.check((await client.cookie()) === undefined, 'signing out clears the cookie')

  const old = await get(await createClient('old cookie', url, signal, before), '/store')
  if (store.isServerBacked) {
    report.check(textOf(old, 'who') === signedOut, 'the old cookie lets nobody in')
    const { rows } = await store.look(user)
    report.check(rows.length === 0, 'nothing is left in the store')
  } else {
    report.check(textOf(old, 'who') === signedIn, 'the old sealed cookie still opens: nothing remembers its end')
    report.note('It does so until it expires. Where that matters, take a server-backed store.')
  }
}

/** Visits the running app as a client would, prints each step, and checks it. Rejects at the first that is wrong. */
export async function walkThrough(walk: Walk): Promise<void> {
  const { store, report, url, signal } = walk
  report.heading(`${store.plugin.name}: ${store.place}`)
  report.note(`${store.keeps} Shown: ${store.shows}.`)
  const steps = printedSteps(walk)
  const laptop = await createClient('laptop', url, signal)
  await firstVisits(walk, steps, laptop)
  await signIn(walk, steps, laptop)
  await signOutEverywhere(walk, steps, laptop)
  await signOut(walk, steps, laptop)
}
