import { waitUntil } from '@bext-internal/test-services'
import type { Cookie } from 'playwright-core'
import { UserError } from '../../src/user-error.js'
import { signedIn } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { textOf } from './visitor.js'

const boundCookieName = '__Host-session-bound'
const registersWithinMs = 15_000

async function boundCookieOf({ page }: Visitor): Promise<Cookie> {
  const cookies = await page.context().cookies()
  const found = cookies.find(({ name }) => name === boundCookieName)
  if (!found) throw new UserError(`The browser has no cookie ${boundCookieName}.`)
  return found
}

/** Checks that the browser of a signed-in visitor registers a key for the session, and proves it again. */
export async function bindToDevice({ report }: Scene, visitor: Visitor): Promise<void> {
  report.act(visitor.name, 'has got the header Secure-Session-Registration with the sign-in')
  const first = await waitUntil(() => boundCookieOf(visitor), registersWithinMs)
  report.check(true, 'its browser has registered a key, and has got the bound cookie')
  await visitor.page.goto('/devices')
  const says = await visitor.page.locator('#devices li').first().innerText()
  report.check(says.includes('Bound to this device'), 'the devices page says "Bound to this device"')

  report.act(visitor.name, 'loses the bound cookie, and opens a page')
  await visitor.page.context().clearCookies({ name: boundCookieName })
  await visitor.page.goto('/store')
  const second = await waitUntil(() => boundCookieOf(visitor), registersWithinMs)
  report.check(second.value !== first.value, 'its browser has proved the key again, and has got another bound cookie')
  report.check((await textOf(visitor, 'who')) === signedIn, `the page says "${signedIn}"`)
}
