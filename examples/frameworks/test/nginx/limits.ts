import type { Place } from './places.js'
import { send } from './places.js'

/** The largest number that is answered 200, and the status above it. */
export interface Limit {
  readonly largest: number
  readonly statusAbove: number
}

/** Finds a limit by bisection. `low` is known to pass, and `high` to fail. */
async function findLimit(low: number, high: number, statusOf: (n: number) => Promise<number>): Promise<Limit> {
  let [largest, above, statusAbove] = [low, high, 0]
  while (above - largest > 1) {
    const middle = Math.floor((largest + above) / 2)
    const status = await statusOf(middle)
    if (status === 200) largest = middle
    else [above, statusAbove] = [middle, status]
  }
  return { largest, statusAbove }
}

export type Action = 'change' | 'sign-in'

/** Finds the largest data, in characters of JSON, with which a visitor gets the response to an action. */
export async function findLargestData(place: Place, action: Action, cookie = ''): Promise<Limit> {
  return findLimit(100, 4000, async (length) => (await send(place, `/${action}/${length}`, cookie)).status)
}

/** Makes the longest session cookie that the app accepts: a guest's by a change, a user's by a sign-in. */
export async function longestCookie(place: Place, action: Action): Promise<string> {
  const { largest } = await findLargestData(place, action)
  const { cookies } = await send(place, `/${action}/${largest}`, '')
  return cookies[0]!
}

/** Finds how many bytes of other cookies a request can have beside these. */
export async function findRoom(place: Place, cookies: readonly string[]): Promise<Limit> {
  return findLimit(10, 20_000, async (bytes) => {
    const other = 'other='.padEnd(bytes, 'x')
    return (await send(place, '/read', [...cookies, other].join('; '))).status
  })
}
