import type { Role } from './users.js'

/** Origin of a sign-in. */
export interface SignedInFrom {
  /** Header `User-Agent`, which visitors can choose. */
  readonly userAgent: string
  readonly address: string
}

export interface SessionData {
  visits: number
  /** Copy of the user's role, so that no request has to look it up. */
  role: Role
  signedInFrom?: SignedInFrom
}

export function initialData(): SessionData {
  return { visits: 0, role: 'reader' }
}
