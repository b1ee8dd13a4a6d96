import { supportsUserIndex } from '@bext/session-core'
import { signedIn, signedOut, user } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { createVisitor, leave, offers, press, sessionCookie, signInAs, textOf } from './visitor.js'

async function seesAfterReload(visitor: Visitor, who: string): Promise<boolean> {
  await visitor.page.reload()
  return (await textOf(visitor, 'who')) === who
}

async function endOneByOne({ report, picture }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  await laptop.page.goto('/')
  const items = laptop.page.locator('#devices li')
  const isListed = (await items.count()) === 2 && (await laptop.page.getByText('This one').count()) === 1
  report.check(isListed, 'the laptop lists both sessions, and marks its own')
  await picture(laptop, 'signed-in')
  await picture(phone, 'phone')

  report.act(laptop.name, 'presses "Sign out that one"')
  await press(laptop, 'button', 'Sign out that one')
  report.check((await textOf(laptop, 'who')) === signedIn, 'the laptop stays signed in')
  report.check(!(await offers(laptop, 'Sign out that one')), 'the laptop lists no other session')
  report.check(await seesAfterReload(phone, signedOut), 'the phone is signed out')
}

async function endAllOthers({ report }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  report.act(phone.name, `signs in as ${user} again`)
  await signInAs(phone, user)
  await laptop.page.reload()
  report.act(laptop.name, 'presses "Sign out all others"')
  await press(laptop, 'button', 'Sign out all others')
  report.check((await textOf(laptop, 'who')) === signedIn, 'the laptop stays signed in')
  report.check(await seesAfterReload(phone, signedOut), 'the phone is signed out')
}

async function endAll({ report }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  report.act(phone.name, `signs in as ${user} again`)
  await signInAs(phone, user)
  report.act(laptop.name, 'presses "Sign out everywhere"')
  await press(laptop, 'button', 'Sign out everywhere')
  report.check((await textOf(laptop, 'who')) === signedOut, 'the laptop is signed out')
  report.check((await sessionCookie(laptop)) === undefined, 'the cookie is cleared')
  report.check(await seesAfterReload(phone, signedOut), 'the phone is signed out')
}

async function seeNoList({ report, picture }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  await laptop.page.goto('/')
  await picture(laptop, 'signed-in')
  await picture(phone, 'phone')
  const hasButtons = (await offers(laptop, 'Sign out everywhere')) || (await offers(laptop, 'Sign out all others'))
  const says = await laptop.page.locator('#no-devices').innerText()
  report.check(
    !hasButtons && says.startsWith('This store cannot list them.'),
    'the page says that the store cannot list sessions',
  )
  await press(laptop, 'button', 'Sign out')
  report.check(await seesAfterReload(phone, signedIn), 'signing out on the laptop leaves the phone signed in')
}

/** Signs one user in on two browsers. Ends with the user signed out. */
export async function meetOnTwoDevices(scene: Scene, laptop: Visitor): Promise<void> {
  const { browser, url, report, store } = scene
  const phone = await createVisitor(browser, 'phone', url, {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  })
  report.act(phone.name, `signs in as ${user}`)
  await signInAs(phone, user)
  if (supportsUserIndex(store.plugin)) {
    await endOneByOne(scene, laptop, phone)
    await endAllOthers(scene, laptop, phone)
    await endAll(scene, laptop, phone)
  } else {
    await seeNoList(scene, laptop, phone)
  }
  await leave(phone)
}
