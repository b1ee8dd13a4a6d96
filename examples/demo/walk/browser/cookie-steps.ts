import { UserError } from '../../src/user-error.js'
import { shorten } from '../text.js'
import { signedIn, signedOut } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { sessionCookie, textOf, writeCookie } from './visitor.js'

const absoluteTtlSeconds = 12 * 60 * 60
const clockSlackSeconds = 60

async function cookieOf(visitor: Visitor): Promise<NonNullable<Awaited<ReturnType<typeof sessionCookie>>>> {
  const cookie = await sessionCookie(visitor)
  if (!cookie) throw new UserError(`The browser of ${visitor.name} has no session cookie.`)
  return cookie
}

/** Checks the cookie as the browser stored it. */
export async function lookAtCookie({ report }: Scene, visitor: Visitor): Promise<void> {
  const { name, value, domain, path, expires, httpOnly, secure, sameSite } = await cookieOf(visitor)
  report.act(visitor.name, 'looks at the cookie')
  report.note(`cookie  ${name}=${shorten(value)}; domain ${domain}; path ${path}; SameSite ${sameSite}`)
  report.check(httpOnly && (await visitor.page.evaluate('document.cookie')) === '', 'scripts cannot read it')
  report.check(secure && path === '/' && domain === 'localhost', 'it is Secure, and only for this host')
  report.check(sameSite === 'Lax', "other sites' forms do not send it")
  const leftSeconds = expires - Date.now() / 1000
  const isLate = Math.abs(leftSeconds - absoluteTtlSeconds) > clockSlackSeconds
  report.check(!isLate, 'the browser deletes it after 12 hours, at the absolute timeout of the session')
}

/** Replaces the character in the middle of the text. */
function alter(value: string): string {
  const middle = Math.floor(value.length / 2)
  return value.slice(0, middle) + (value[middle] === 'A' ? 'B' : 'A') + value.slice(middle + 1)
}

export async function alterCookie({ report }: Scene, visitor: Visitor): Promise<void> {
  const cookie = await cookieOf(visitor)
  report.act(visitor.name, 'alters one character of the cookie')
  await writeCookie(visitor, cookie, alter(cookie.value))
  await visitor.page.goto('/store')
  report.check((await textOf(visitor, 'who')) === signedOut, 'the altered cookie is not signed in')
  await writeCookie(visitor, cookie, cookie.value)
  await visitor.page.goto('/store')
  report.check((await textOf(visitor, 'who')) === signedIn, 'the original cookie still is')
}
