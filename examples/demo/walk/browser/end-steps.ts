import { waitUntil } from '@bext-internal/test-services'
import type { SessionId, SessionPlugin } from '@bext/session-core'
import { asSessionId, isSessionError } from '@bext/session-core'
import { createApp } from '../../src/app.js'
import { startServer } from '../../src/server.js'
import { signedIn, signedOut, user } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { createVisitor, goBack, leave, press, sessionCookie, signInAs, textOf } from './visitor.js'

const shortTtlMs = 4000
const expiresWithinMs = 30_000

/** Checks that "back" after the sign-out shows no page from a cache or from the browser's memory. */
export async function goBackAfterSignOut({ report }: Scene, visitor: Visitor): Promise<void> {
  report.act(visitor.name, `signs in as ${user}, opens another page, signs out, and goes back`)
  await signInAs(visitor, user)
  await press(visitor, 'link', 'Look again without counting')
  report.check((await textOf(visitor, 'who')) === signedIn, 'the page showed the user')
  await press(visitor, 'button', 'Sign out')
  await goBack(visitor)
  const isBack = new URL(visitor.page.url()).pathname === '/store'
  const shows = await visitor.page.content()
  report.check(isBack && shows.includes(signedOut) && !shows.includes(signedIn), '"back" does not show the user again')
}

async function rejectWhileAlive(plugin: SessionPlugin, id: SessionId): Promise<void> {
  try {
    await plugin.read(id)
  } catch (error) {
    if (isSessionError(error) && error.code === 'NotFound') return
    throw error
  }
  throw new Error('The session has not expired.')
}

/** Checks that a session expires at its idle timeout, although the browser still has its cookie. */
export async function outliveSession({ browser, store, report }: Scene): Promise<void> {
  const server = await startServer((url) => createApp(store, url, { idleTimeoutMs: shortTtlMs }), 0)
  try {
    const visitor = await createVisitor(browser, 'latecomer', server.url)
    report.act(visitor.name, `signs in to an app with an idle timeout of ${shortTtlMs / 1000} seconds`)
    await signInAs(visitor, user)
    report.check((await textOf(visitor, 'who')) === signedIn, `the page says "${signedIn}"`)
    const before = await sessionCookie(visitor)
    // Reading does not extend a session (contract R5); a visit would.
    await waitUntil(() => rejectWhileAlive(store.plugin, asSessionId(before?.value ?? '')), expiresWithinMs)
    const after = await sessionCookie(visitor)
    report.check(after !== undefined && after.value === before?.value, 'later, the browser still has the cookie')
    await visitor.page.reload()
    report.check((await textOf(visitor, 'who')) === signedOut, 'it is not signed in')
    await leave(visitor)
  } finally {
    await server.close()
  }
}
