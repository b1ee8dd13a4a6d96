import { canBindSessions } from '../../src/sessions.js'
import { checkStoredRows } from '../check-stored-rows.js'
import { signedIn, user } from '../page-texts.js'
import { bindToDevice } from './binding-steps.js'
import { alterCookie, lookAtCookie } from './cookie-steps.js'
import { meetOnTwoDevices } from './device-steps.js'
import { goBackAfterSignOut, outliveSession } from './end-steps.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { createVisitor, leave, press, sessionCookie, textOf } from './visitor.js'

async function countVisits({ report, picture }: Scene, visitor: Visitor): Promise<void> {
  report.act(visitor.name, 'opens the page, and reloads it')
  await visitor.page.goto('/')
  report.check((await textOf(visitor, 'visits')) === '1', 'the first visit is counted')
  await visitor.page.reload()
  report.check((await textOf(visitor, 'visits')) === '2', 'the counter is kept across reloads')
  await picture(visitor, 'signed-out')
}

async function signIn({ store, report }: Scene, visitor: Visitor): Promise<void> {
  report.act(visitor.name, `signs in as ${user}`)
  await visitor.page.getByLabel('Your name').fill(user)
  await press(visitor, 'button', 'Sign in')
  report.check((await textOf(visitor, 'who')) === signedIn, `the page says "${signedIn}"`)
  report.check((await textOf(visitor, 'visits')) === '3', 'the counter is kept')
  const id = (await sessionCookie(visitor))?.value ?? ''
  report.storedRows(await store.look(user))
  await checkStoredRows(store, report, user, id)
  report.check(id !== '' && !(await visitor.page.content()).includes(id), 'the page does not contain the id')
}

/** Visits the running app with browsers, and prints and checks each step. Rejects at the first failed check. */
export async function walkInBrowser(scene: Scene): Promise<void> {
  const { browser, url, store, report } = scene
  report.heading(`${store.plugin.name}: ${store.place}, in Chromium ${browser.version()}`)
  report.note('The laptop runs no scripts. The phone does.')
  const laptop = await createVisitor(browser, 'laptop', url, { viewport: { width: 820, height: 560 } })
  await countVisits(scene, laptop)
  await signIn(scene, laptop)
  if (scene.bindsDevices) await bindToDevice(scene, laptop)
  else if (canBindSessions(store.plugin, url)) {
    report.note(
      'This Chromium has no device-bound sessions. Chromium or Chrome of version 145 or later in PATH has them.',
    )
  }
  await lookAtCookie(scene, laptop)
  await alterCookie(scene, laptop)
  await meetOnTwoDevices(scene, laptop)
  await goBackAfterSignOut(scene, laptop)
  await leave(laptop)
  await outliveSession(scene)
}
