import type { SessionData } from 'express-session'

/** Passes text off as session data: both sides exchange text, so that the time includes only the store's own JSON work. */
export function toSession(text: string): SessionData {
  return text as unknown as SessionData
}

type Done = (error?: unknown, value?: unknown) => void

/** Resolves to what a method of a store for express-session passes to its callback. */
export function called(work: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    work((error, value) => {
      if (error) reject(error)
      else resolve(value)
    })
  })
}
