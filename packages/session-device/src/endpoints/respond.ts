import type { DeviceRequest } from '@bext/session-core/manager'
import { isSessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { DeviceRejection } from '../options.js'
import type { Endpoint } from './endpoint.js'
import { Refusal } from './endpoint.js'
import { refresh } from './refresh.js'
import { register } from './register.js'

// Browsers hold the requests of a page while they wait, for up to 20 seconds.
const deadlineMs = 8000

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal(isSessionError(error) && error.code === 'Backend' ? 503 : 500, 'unavailable', { cause: error })
}

/** Rejects with what `work` rejects with. */
async function unwrapped(work: Promise<Response>): Promise<Response | Refusal> {
  try {
    return await work
  } catch (error) {
    return refusalOf(error)
  }
}

/** Answers a request to an endpoint. Resolves to undefined for any other path. Never rejects. */
export async function respond(endpoint: Endpoint, request: DeviceRequest): Promise<Response | undefined> {
  const { path, reject } = endpoint.options
  const { pathname } = new URL(request.url, 'https://localhost')
  const phase: DeviceRejection['phase'] | undefined =
    pathname === `${path}/register` ? 'registration' : pathname === `${path}/refresh` ? 'refresh' : undefined
  if (phase === undefined) return undefined
  const run = phase === 'registration' ? register : refresh
  const answer = await withinDeadline(deadlineMs, () => unwrapped(run(endpoint, request))).catch(refusalOf)
  if (answer instanceof Response) return answer
  reject(phase, answer.reason, answer.cause)
  const headers = { 'Cache-Control': 'no-store', ...answer.headers }
  return new Response(null, { status: answer.status, headers })
}
