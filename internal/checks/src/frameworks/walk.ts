import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Visitor } from './visitor.js'
import { visit } from './visitor.js'

const guest = '__Host-session-guest'
const main = '__Host-session'

async function namesOf(visitor: Visitor): Promise<string[]> {
  return [...(await visitor.cookies()).keys()].toSorted()
}

async function reads(visitor: Visitor, expected: string): Promise<void> {
  const text = await visitor.textOf('/')
  ok(text.includes(expected), `Expected the page to contain "${expected}", but it is:\n${text}`)
}

/** From the first visit to the sign-out: the same for every app. */
async function walkThrough(url: string): Promise<void> {
  const ann = visit(url)
  await reads(ann, 'Visits: 0 of a guest.')
  deepStrictEqual(await namesOf(ann), [])

  const counted = await ann.send('POST /visits')
  strictEqual(counted.status, 303)
  deepStrictEqual(await namesOf(ann), [guest])
  await reads(ann, 'Visits: 1 of a guest.')
  const asGuest = (await ann.cookies()).get(guest)

  const signedIn = await ann.submit('/', 'Sign in', { name: 'ann' })
  strictEqual(signedIn.status, 303, 'the redirect that the handler throws after its commit')
  const setCookie = signedIn.headers.getSetCookie().find((one) => one.startsWith(`${main}=`)) ?? ''
  for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=lax', 'Max-Age=43200']) {
    match(setCookie, new RegExp(`; ${attribute}(;|$)`, 'i'))
  }
  deepStrictEqual(await namesOf(ann), [main])
  await reads(ann, 'Visits: 1 of ann.')
  const bob = visit(url)
  await reads(bob, 'Visits: 0 of a guest.')

  const again = await ann.send('POST /visits')
  deepStrictEqual(again.headers.getSetCookie(), [])
  await reads(ann, 'Visits: 2 of ann.')
  notStrictEqual((await ann.cookies()).get(main), asGuest)

  const signedOut = await ann.submit('/', 'Sign out')
  strictEqual(signedOut.status, 303)
  deepStrictEqual(await namesOf(ann), [])
  await reads(ann, 'Visits: 0 of a guest.')
}

/** Server functions without a redirect, the proxy, and a server component that changes the session. */
async function walkThroughNext(url: string): Promise<void> {
  const ann = visit(url)
  strictEqual(new URL((await ann.send('GET /profile')).headers.get('Location') ?? '', url).pathname, '/')
  await ann.submit('/', 'Sign in', { name: 'ann' })
  const counted = await ann.submit('/', 'Count')
  strictEqual(counted.status, 200)
  ok((await counted.text()).includes('Visits: 1 of ann.'), 'the page after a server function shows its change')

  ok((await ann.textOf('/profile')).includes('Profile of ann.'))
  const before = (await ann.cookies()).get(main)
  ok((await ann.textOf('/profile?rotate')).includes('Profile of ann.'), 'the page after the proxy has the new cookie')
  notStrictEqual((await ann.cookies()).get(main), before)
  await reads(ann, 'Visits: 1 of ann.')

  const eve = visit(url)
  const rendered = await eve.send('GET /rendering')
  strictEqual(rendered.status, 500)
  deepStrictEqual([await namesOf(eve), rendered.headers.getSetCookie()], [[], []])
}

/** A handler that fails in a middleware whose `next` resolves to an error page. */
async function walkThroughReactRouter(url: string): Promise<void> {
  const ann = visit(url)
  await ann.send('POST /visits')
  strictEqual((await ann.send('POST /fail')).status, 500)
  await reads(ann, 'Visits: 1 of a guest.')
}

async function profileNeedsUser(url: string): Promise<Visitor> {
  const ann = visit(url)
  const turnedAway = await ann.send('GET /profile')
  strictEqual(turnedAway.status, 303)
  strictEqual(new URL(turnedAway.headers.get('Location') ?? '', url).pathname, '/')
  await ann.submit('/', 'Sign in', { name: 'ann' })
  ok((await ann.textOf('/profile')).includes('Profile of ann.'))
  return ann
}

/** A redirect that a loader throws, and a part of a page that is streamed after the head. */
async function walkThroughTanStackStart(url: string): Promise<void> {
  const ann = await profileNeedsUser(url)
  ok((await ann.textOf('/late')).includes('Streamed to ann.'))
  deepStrictEqual(await namesOf(ann), [main])
}

/** A redirect of a page, an error page after a commit, and a route that has sent its head. */
async function walkThroughNuxt(url: string): Promise<void> {
  const ann = await profileNeedsUser(url)
  const before = (await ann.cookies()).get(main)
  const failed = await ann.send('POST /fail')
  strictEqual(failed.status, 422)
  strictEqual(failed.headers.get('Cache-Control'), 'no-store')
  notStrictEqual((await ann.cookies()).get(main), before)
  await reads(ann, 'Visits: 0 of ann.')

  const eve = visit(url)
  ok((await eve.textOf('/late')).includes('the cookie cannot be set here'))
  deepStrictEqual(await namesOf(eve), [])
}

/** Walks by the name of the app. */
export const walks: Readonly<Record<string, readonly ((url: string) => Promise<void>)[]>> = {
  next: [walkThrough, walkThroughNext],
  sveltekit: [walkThrough],
  astro: [walkThrough],
  'react-router': [walkThrough, walkThroughReactRouter],
  'tanstack-start': [walkThrough, walkThroughTanStackStart],
  nuxt: [walkThrough, walkThroughNuxt],
}
