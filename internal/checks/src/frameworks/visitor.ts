import makeFetchCookie from 'fetch-cookie'
import { CookieJar } from 'tough-cookie'

/** A browser without JavaScript, which honours the cookie rules of browsers. */
export interface Visitor {
  /** Sends a request. A redirect is not followed. */
  send(request: string, body?: FormData): Promise<Response>
  /** Sends a GET request. Resolves to the text of the page, without the comments that separate its texts. */
  textOf(path: string): Promise<string>
  /** Opens the page and submits its form with this button. */
  submit(path: string, button: string, fields?: Readonly<Record<string, string>>): Promise<Response>
  /** Resolves to the values of the cookies that it would send, by name. */
  cookies(): Promise<ReadonlyMap<string, string>>
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&').replaceAll('&quot;', '"')

function formWith(button: string, page: string): string {
  const form = [...page.matchAll(/<form\b.*?<\/form>/gs)].find(([text]) => text.includes(`>${button}</button>`))
  if (!form) throw new Error(`Expected a form with the button "${button}", but the page is:\n${page}`)
  return form[0]
}

// To a client that is no browser, TanStack Start and React Router send the page as a whole, and do not stream it.
const browser = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36'

/** Creates a visitor of the app at the URL. */
export function visit(url: string): Visitor {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  const fetchWithCookies = makeFetchCookie(fetch, jar, false)

  async function send(request: string, body?: FormData): Promise<Response> {
    const [method = '', path = ''] = request.split(' ')
    const headers = { Accept: 'text/html', Origin: url, 'User-Agent': browser }
    return fetchWithCookies(new URL(path, url), { method, headers, redirect: 'manual', ...(body && { body }) })
  }

  const textOf = async (path: string): Promise<string> =>
    (await (await send(`GET ${path}`)).text()).replaceAll(/<!--.*?-->/g, '')

  return {
    send,
    textOf,
    async submit(path, button, fields = {}) {
      const form = formWith(button, await textOf(path))
      const body = new FormData()
      for (const [input] of form.matchAll(/<input\b[^>]*>/g)) {
        const name = attribute(input, 'name')
        if (name !== undefined) body.append(name, fields[name] ?? attribute(input, 'value') ?? '')
      }
      const action = attribute(/<form\b[^>]*>/.exec(form)?.[0] ?? '', 'action') ?? ''
      return send(`POST ${action === '' ? path : new URL(action, new URL(path, url)).href}`, body)
    },
    async cookies() {
      return new Map((await jar.getCookies(url)).map(({ key, value }) => [key, value]))
    },
  }
}
