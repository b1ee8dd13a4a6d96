import { parseSetCookie } from 'cookie'

/** Cookies of one browser. A later response overwrites those of an earlier one. */
export interface Jar {
  /** Returns the `Cookie` header that the browser sends now. */
  header(): string
  take(setCookies: readonly string[]): void
}

export function createJar(): Jar {
  const cookies = new Map<string, string>()
  return {
    header: () => Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; '),
    take(setCookies) {
      for (const { name, value = '', maxAge } of setCookies.map((one) => parseSetCookie(one))) {
        if (maxAge === 0) cookies.delete(name)
        else cookies.set(name, value)
      }
    },
  }
}
