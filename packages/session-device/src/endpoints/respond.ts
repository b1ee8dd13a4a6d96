import type { DeviceRequest } from '@bext/session-core/manager'
import { isSessionError } from '@bext/session-core'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { Connection } from '../connection.js'
import type { DeviceRejection } from '../options.js'
import { refresh } from './refresh.js'
import { Refusal } from './refusal.js'
import { register } from './register.js'

// Browsers hold the requests of a page while they wait, for up to 20 seconds.
const deadlineMs = 8000

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal(isSessionError(error) && error.code === 'Backend' ? 503 : 500, 'unavailable', { cause: error })
}

/** Resolves to a refusal if `work` rejects. The deadline would turn a refusal that rejects into an error of the store. */
async function answerOrRefusal(work: Promise<Response>): Promise<Response | Refusal> {
  try {
    return await work
  } catch (error) {
    return refusalOf(error)
  }
}

/** Throws a `TypeError` unless the headers have a method `get`. Those of a request of `node:http` have none. */
function checkHeaders({ headers }: DeviceRequest): void {
  if (typeof (headers as Partial<DeviceRequest['headers']> | undefined)?.get === 'function') return
  throw new TypeError(
    'handleDevice: request.headers must have a method get, as those of a Request have. For a request of node:http, Express or Fastify, use deviceNode.',
  )
}

/** Answers a request to an endpoint. Resolves to undefined for any other path. Rejects only for wrong arguments. */
export async function respond(connection: Connection, request: DeviceRequest): Promise<Response | undefined> {
  const { path, reportRejection } = connection.options
  const base = 'https://localhost'
  // The request of a `node:http` server may have a path such as `//`.
  const pathname = URL.canParse(request.url, base) ? new URL(request.url, base).pathname : undefined
  const phase: DeviceRejection['phase'] | undefined =
    pathname === `${path}/register` ? 'registration' : pathname === `${path}/refresh` ? 'refresh' : undefined
  if (phase === undefined) return undefined
  checkHeaders(request)
  const run = phase === 'registration' ? register : refresh
  const answer = await withinDeadline(deadlineMs, (deadline) =>
    answerOrRefusal(run(connection, request, deadline)),
  ).catch(refusalOf)
  if (answer instanceof Response) return answer
  reportRejection(phase, answer.reason, answer.cause)
  const headers = { 'Cache-Control': 'no-store', ...answer.headers }
  return new Response(null, { status: answer.status, headers })
}
