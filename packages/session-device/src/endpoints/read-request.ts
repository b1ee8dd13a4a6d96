import type { DeviceRequest, DeviceSession } from '@bext/session-core/manager'
import type { Connection } from '../connection.js'
import { headerNames, signedProofOf } from '../headers.js'
import { maxProofLength } from '../proof.js'
import type { StoredBinding } from '../record.js'
import { readBinding } from '../record.js'
import { Refusal } from './refusal.js'

/** A session that a cookie of the request names, and its binding. */
export interface Candidate {
  readonly session: DeviceSession | undefined
  readonly binding: StoredBinding | undefined
}

/** Resolves to the sessions of the request's cookies. Reads all of them and their bindings in one tick. */
export function readCandidates({ host, store }: Connection, { headers }: DeviceRequest): Promise<readonly Candidate[]> {
  const ids = host.readIds(headers.get('cookie') ?? '')
  return Promise.all(
    ids.map(async (id) => {
      const [session, binding] = await Promise.all([host.readSession(id), readBinding(store, host.handleOf(id))])
      return { session, binding }
    }),
  )
}

/** Returns the origin. Throws a refusal unless the request is a POST of the app's own pages. */
export function checkOrigin({ options }: Connection, { method, headers }: DeviceRequest): string {
  if (method !== 'POST') throw new Refusal(405, 'method', { headers: { Allow: 'POST' } })
  const origin = headers.get('origin')
  const site = headers.get('sec-fetch-site')
  const isOwnOrigin = origin === null || options.origins.includes(origin)
  if (!isOwnOrigin || (site !== null && site !== 'same-origin') || (origin === null && site === null)) {
    throw new Refusal(403, 'origin')
  }
  return origin ?? options.origins[0]
}

/** Returns the signed proof of the request, or undefined if it has none. Throws a refusal if it cannot be read. */
export function readProof({ headers }: DeviceRequest): string | undefined {
  const value = headers.get(headerNames.proof)
  if (value === null || value === '') return undefined
  if (value.length > maxProofLength) throw new Refusal(400, 'oversized')
  const proof = signedProofOf(value)
  if (proof === undefined) throw new Refusal(400, 'malformed')
  return proof
}

/** Resolves to the result of the verification of a proof. Rejects with a refusal if it rejects. */
export async function verified<T>(verification: Promise<T>): Promise<T> {
  try {
    return await verification
  } catch (cause) {
    throw new Refusal(400, 'proof', { cause })
  }
}
