import type { RequestListener } from 'node:http'

/** An app under load and its connections. */
export interface OpenApp {
  readonly app: RequestListener
  /** Removes what the app created in the backend, and ends the connections. */
  close(): Promise<void>
}

export type Backend = 'redis' | 'pg'

/**
 * A server under comparison: an app with four paths. `GET /unchanged` reads the session, `GET /changed` increments its
 * counter; both respond with the counter. `GET /sign-in` and `GET /sign-out` begin and end the session.
 */
export interface HostServer {
  readonly name: string
  /** Backends on which it is measured. */
  readonly backends: readonly Backend[]
  open(url: string, prefix: string): Promise<OpenApp>
}

/** Data of the manager's sessions. */
export interface AppData {
  visits: number
  filler: string
}

export const ttlMs = 3_600_000

/** Data of a session besides its counter: together about 200 bytes of JSON. */
export const filler: string = 'x'.repeat(170)
