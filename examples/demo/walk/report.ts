import type { Cookie } from 'tough-cookie'
import { UserError } from '../src/user-error.js'
import type { StoredRows } from '../src/stores/store.js'
import { shorten, summarize } from './text.js'

/** Prints the steps of a walk and their checks. The first failed check ends the walk. */
export interface Report {
  heading(text: string): void
  note(text: string): void
  /** Prints an action of a client. Its effects follow. */
  act(client: string, text: string): void
  cookies(cookies: readonly Cookie[]): void
  storedRows(contents: StoredRows): void
  /** Prints the claim. Throws a `UserError` if it does not hold. */
  check(holds: boolean, claim: string): void
}

function describeCookie(cookie: Cookie): string {
  const attributes = [
    cookie.maxAge === null ? undefined : `Max-Age=${cookie.maxAge}`,
    cookie.path === null ? undefined : `Path=${cookie.path}`,
    cookie.domain !== null && cookie.hostOnly === false ? `Domain=${cookie.domain}` : 'no Domain',
    cookie.httpOnly ? 'HttpOnly' : 'not HttpOnly',
    cookie.secure ? 'Secure' : 'not Secure',
    `SameSite=${cookie.sameSite ?? 'not set'}`,
  ]
  const value = cookie.value === '' ? '(empty)' : shorten(cookie.value)
  return `${cookie.key}=${value}; ${attributes.filter((attribute) => attribute !== undefined).join('; ')}`
}

export function createReport(print: (line: string) => void): Report {
  let place = ''

  return {
    heading(text) {
      place = text
      print(`\n${text}\n${'='.repeat(text.length)}`)
    },
    note(text) {
      print(`  ${text}`)
    },
    act(client, text) {
      print(`\n${`${client}:`.padEnd(12)} ${text}`)
    },
    cookies(cookies) {
      if (cookies.length === 0) print('  cookie  none sent')
      for (const cookie of cookies) print(`  cookie  ${describeCookie(cookie)}`)
    },
    storedRows({ columns, rows }) {
      if (rows.length === 0) print('  store   nothing')
      for (const row of rows) {
        print(`  store   ${row.map((value, index) => `${columns[index]}: ${summarize(value)}`).join(', ')}`)
      }
    },
    check(holds, claim) {
      if (!holds) throw new UserError(`Check failed (${place}): ${claim}`)
      print(`  ok      ${claim}`)
    },
  }
}
