import type { ServerResponse } from 'node:http'

const headerMethods = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/** Throws the error of `node:http` for a head that was sent already. */
export function refuseHead(): never {
  const message =
    'Cannot change the head of the response: it was sent already, and waits for the commit of the session.'
  throw Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}

/**
 * Makes the head of a response behave like one that was sent. Returns a function that undoes it, and what was set as
 * `writableEnded` meanwhile.
 */
export function lockHead(response: ServerResponse): () => void {
  const names = [...headerMethods, 'headersSent', 'writableEnded'] as const
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
  for (const name of headerMethods) Object.defineProperty(response, name, { value: refuseHead, configurable: true })
  Object.defineProperty(response, 'headersSent', { value: true, configurable: true })
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(response, name, descriptor)
      else Reflect.deleteProperty(response, name)
    }
  }
}
