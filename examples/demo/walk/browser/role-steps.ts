import { twoChanged } from '../page-texts.js'
import type { Scene } from './scene.js'
import type { Visitor } from './visitor.js'
import { press, textOf } from './visitor.js'

/** Changes the role of the user, who is signed in on both devices, on the laptop. */
export async function changeRole({ report, picture }: Scene, laptop: Visitor, phone: Visitor): Promise<void> {
  report.check((await textOf(phone, 'role')) === 'reader', 'the phone shows the role "reader"')
  report.act(laptop.name, 'opens the admin page, and presses "Make editor"')
  await laptop.page.goto('/admin')
  await press(laptop, 'button', 'Make editor')
  const says = await laptop.page.locator('#change').innerText()
  report.check(says.includes(twoChanged), `the page says "${twoChanged}"`)
  await picture(laptop, 'admin')
  await phone.page.reload()
  report.check(
    (await textOf(phone, 'role')) === 'editor',
    'the phone shows "editor" on its next page, without a sign-in',
  )
}
