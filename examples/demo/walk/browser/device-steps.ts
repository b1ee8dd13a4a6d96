import { supportsUserIndex } from '@bext/session-core'
import type { Locator } from 'playwright-core'
import { deviceName } from '../../src/device-name.js'
import { watchIntervalMs } from '../../src/sessions.js'
import { androidChrome } from '../user-agents.js'
import { signedIn, signedOut, user } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { changeRole } from './role-steps.js'
import { createVisitor, leave, offers, press, sessionCookie, signInAs, textOf } from './visitor.js'

/** Returns the part of a page that shows the state of the socket. */
function live({ page }: Visitor): Locator {
  return page.locator('#live')
}

function see(shown: Locator, text: string): Promise<void> {
  return shown.filter({ hasText: text }).waitFor()
}

async function seesAfterReload(visitor: Visitor, who: string): Promise<boolean> {
  await visitor.page.reload()
  return (await textOf(visitor, 'who')) === who
}

/** Checks the list, and takes a picture of each page on both devices. */
async function seeDevices({ report, picture }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  await laptop.page.goto('/')
  await picture(laptop, 'signed-in')
  await phone.page.goto('/devices')
  await picture(phone, 'phone-devices')
  await phone.page.goto('/')
  await see(live(phone), 'connected')
  report.check(true, 'the socket of the phone is connected')
  await picture(phone, 'phone')
  await laptop.page.goto('/devices')
  await picture(laptop, 'devices')
  const own = deviceName(await laptop.page.evaluate<string>('navigator.userAgent'))
  const names = await laptop.page.locator('#devices .device').allInnerTexts()
  const isMarked = (await laptop.page.locator('#devices li').first().innerText()).includes('This device')
  report.check(names.join() === [own, androidChrome.name].join(), `the laptop lists ${names.join(' and ')}`)
  report.check(isMarked, 'and marks its own session')
}

async function endOneByOne({ report }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  report.act(laptop.name, 'presses "Sign out that one"')
  await press(laptop, 'button', 'Sign out that one')
  const sinceMs = performance.now()
  report.check((await textOf(laptop, 'who')) === signedIn, 'the laptop stays signed in')
  report.check(!(await offers(laptop, 'Sign out that one')), 'the laptop lists no other session')
  await see(live(phone), 'closed: the session has ended')
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1)
  report.check(true, 'the socket of the phone closes, and its page says so')
  report.note(`It took ${seconds} seconds, of ${watchIntervalMs / 1000} at most.`)
  report.check(await seesAfterReload(phone, signedOut), 'the phone is signed out')
}

async function endAllOthers({ report }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  report.act(phone.name, `signs in as ${user} again`)
  await signInAs(phone, user)
  await laptop.page.goto('/devices')
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
  await see(live(phone), 'connected')
  await picture(phone, 'phone')
  await laptop.page.goto('/devices')
  const hasButtons = (await offers(laptop, 'Sign out everywhere')) || (await offers(laptop, 'Sign out all others'))
  const says = await laptop.page.locator('#no-devices').innerText()
  report.check(
    !hasButtons && says.startsWith('This store cannot list them.'),
    'the page says that the store cannot list sessions',
  )
  await laptop.page.goto('/')
  await press(laptop, 'button', 'Sign out')
  report.check(await seesAfterReload(phone, signedIn), 'signing out on the laptop leaves the phone signed in')
}

/** Signs one user in on two browsers. Ends with the user signed out. */
export async function meetOnTwoDevices(scene: Scene, laptop: Visitor): Promise<void> {
  const { browser, url, report, store } = scene
  const phone = await createVisitor(browser, 'phone', url, {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    userAgent: androidChrome.header,
    javaScriptEnabled: true,
  })
  report.act(phone.name, `signs in as ${user}`)
  await signInAs(phone, user)
  if (supportsUserIndex(store.plugin)) {
    await changeRole(scene, laptop, phone)
    await seeDevices(scene, laptop, phone)
    await endOneByOne(scene, laptop, phone)
    await endAllOthers(scene, laptop, phone)
    await endAll(scene, laptop, phone)
  } else {
    await seeNoList(scene, laptop, phone)
  }
  await leave(phone)
}
