import type { ServerResponse } from 'node:http'
import { sessionErrorStatus, type SessionErrorStatus } from '@bext/session-core/manager'
import { contentSecurityPolicy } from './content-security-policy.js'
import { messagePage } from './pages/message.js'
import { RejectedRequest } from './requests.js'

export interface Answer {
  readonly status: number
  readonly body?: string
  readonly location?: string
}

const errorTexts: Readonly<Record<SessionErrorStatus, string>> = {
  401: 'Your session was ended from another device in the meantime.',
  409: 'Your session was changed from another device at the same moment. Try again.',
  413: 'The session cannot store this value.',
  503: 'The session store does not respond. You are still signed in: try again.',
}

/** Returns the answer for an error. Logs all errors except rejected requests. */
export function answerError(error: unknown): Answer {
  if (error instanceof RejectedRequest) return { status: error.status, body: messagePage(error.message) }
  console.error(error)
  const status = sessionErrorStatus(error)
  return status
    ? { status, body: messagePage(errorTexts[status]) }
    : { status: 500, body: messagePage('Something went wrong.') }
}

/** Sends the answer. The commit has added the cookies to the response. */
export function send(response: ServerResponse, { status, body = '', location }: Answer): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(location !== undefined && { location }),
  })
  response.end(body)
}
