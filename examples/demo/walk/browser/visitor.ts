import type { Browser, BrowserContextOptions, Cookie, Page } from 'playwright-core'

/** A visitor with a separate browser, which shares no cookies. It runs no scripts by default. */
export interface Visitor {
  readonly name: string
  readonly page: Page
}

const deadlineMs = 30_000

export async function createVisitor(
  browser: Browser,
  name: string,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, javaScriptEnabled: false, ...options })
  context.setDefaultTimeout(deadlineMs)
  return { name, page: await context.newPage() }
}

/** Resolves to the text of the element with that id. */
export async function textOf({ page }: Visitor, id: 'who' | 'visits' | 'role'): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? ''
}

/** Clicks the first link or button with that label, and waits for the next page. */
export async function press({ page }: Visitor, role: 'button' | 'link', label: string): Promise<void> {
  const shown = page.waitForEvent('load')
  await Promise.all([shown, page.getByRole(role, { name: label, exact: true }).first().click()])
}

export async function signInAs(visitor: Visitor, user: string): Promise<void> {
  await visitor.page.goto('/store')
  await visitor.page.getByLabel('Your name').fill(user)
  await press(visitor, 'button', 'Sign in')
}

/** Resolves to whether the page has a button with that label. */
export async function offers({ page }: Visitor, label: string): Promise<boolean> {
  return (await page.getByRole('button', { name: label, exact: true }).count()) > 0
}

/** Resolves to the session cookie of a signed-in visitor, as the browser stores it. */
export async function sessionCookie({ page }: Visitor): Promise<Cookie | undefined> {
  const cookies = await page.context().cookies()
  return cookies.find(({ name }) => name === '__Host-session')
}

/** Changes the value of the cookie, as a visitor can with the browser's developer tools. */
export async function writeCookie({ page }: Visitor, cookie: Cookie, value: string): Promise<void> {
  await page.context().addCookies([{ ...cookie, value }])
}

export async function goBack({ page }: Visitor): Promise<void> {
  // A page from memory is not loaded, so `goBack` would wait for a load. Only the shown page matters.
  await page.goBack({ timeout: 5000 }).catch(() => {})
}

export async function leave({ page }: Visitor): Promise<void> {
  await page.context().close()
}
