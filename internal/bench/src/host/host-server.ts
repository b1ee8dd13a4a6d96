import type { Express } from 'express'

/** An app under load, with what it opened. */
export interface OpenApp {
  readonly app: Express
  /** Removes what the app itself has made at the backend, and ends the connections. */
  close(): Promise<void>
}

export type Backend = 'redis' | 'pg'

/**
 * One of those that are compared: an Express app with `GET /unchanged`, which reads the session, `GET /changed`, which
 * counts one up in it, both answering with the count, and `GET /sign-in` and `GET /sign-out`.
 */
export interface Contestant {
  readonly name: string
  /** With whom it is compared. */
  readonly backends: readonly Backend[]
  open(url: string, prefix: string): Promise<OpenApp>
}

export const ttlMs = 3_600_000

/** What a session holds beside the count: with it, about 200 bytes of JSON. */
export const filler: string = 'x'.repeat(170)
