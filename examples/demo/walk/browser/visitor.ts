import type { Browser, BrowserContextOptions, Cookie, Page } from 'playwright-core'

/** Someone with a browser of their own: no cookie is shared with others. It runs no scripts. */
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

/** What the element with that id says. */
export async function textOf({ page }: Visitor, id: 'who' | 'visits'): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? ''
}

/** Follows the link, or sends the form of the button, with that label: the first, where there are several. */
export async function press({ page }: Visitor, role: 'button' | 'link', label: string): Promise<void> {
  const shown = page.waitForEvent('load')
  await Promise.all([shown, page.getByRole(role, { name: label, exact: true }).first().click()])
}

export async function signInAs(visitor: Visitor, user: string): Promise<void> {
  await visitor.page.goto('/store')
  await visitor.page.getByLabel('Your name').fill(user)
  await press(visitor, 'button', 'Sign in')
}

/** Whether the page has such a button. */
export async function offers({ page }: Visitor, label: string): Promise<boolean> {
  return (await page.getByRole('button', { name: label, exact: true }).count()) > 0
}

/** The session cookie of who has signed in, as the browser keeps it. */
export async function sessionCookie({ page }: Visitor): Promise<Cookie | undefined> {
  const cookies = await page.context().cookies()
  return cookies.find(({ name }) => name === '__Host-session')
}

/** Puts another value into the cookie, as one can by a browser's own tools. */
export async function writeCookie({ page }: Visitor, cookie: Cookie, value: string): Promise<void> {
  await page.context().addCookies([{ ...cookie, value }])
}

export async function goBack({ page }: Visitor): Promise<void> {
  // A page from memory is not loaded, and this would wait for it: what counts is what is shown then.
  await page.goBack({ timeout: 5000 }).catch(() => {})
}

export async function leave({ page }: Visitor): Promise<void> {
  await page.context().close()
}
