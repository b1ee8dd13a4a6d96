import type { BoundCookie } from '@bext/session-core/manager'
import type { Tags } from './tags.js'

/** Proof of the device in a genuine bound cookie. The browser's own proof, which it signs, is in `proof.ts`. */
export interface CookieProof {
  /** Beginning of the handle of the session that it was issued for. */
  readonly handleStart: string
  /** Thumbprint of the key that proved the device. */
  readonly thumbprint: string
  /** Time at which the proof ends, in milliseconds since 1970 on the store's clock. */
  readonly endsAtMs: number
  /** Time at which the record of the binding expires, in milliseconds since 1970. */
  readonly bindingExpiresAtMs: number
}

/** Proof of the device for the session with this handle. */
export type NewCookieProof = Omit<CookieProof, 'handleStart'> & { readonly handle: string }

/** Creates and opens bound cookies. */
export interface BoundCookies {
  /** Returns the cookie. Browsers drop it a little earlier than it ends, so that no request arrives too late. */
  issue(proof: NewCookieProof, nowMs: number): BoundCookie
  /** Returns the proofs in those of the cookies that are genuine, ended or not. */
  open(values: readonly string[]): readonly CookieProof[]
}

/** Cookie that removes the one that the browser has, so that the browser refreshes. */
export const removal: BoundCookie = { value: '', maxAge: 0 }

const transitMs = 10_000
// 132 of the 256 bits: nobody can find another session with the same ones.
const handleStartLength = 22

/** Returns true if the proof was issued for the session with this handle. */
export function isIssuedFor({ handleStart }: CookieProof, handle: string): boolean {
  return handleStart === handle.slice(0, handleStartLength)
}

export function createBoundCookies(tags: Tags): BoundCookies {
  function open(value: string): readonly CookieProof[] {
    const fields = tags.open('bound cookie', value)
    if (fields?.length !== 4) return []
    const [handleStart, thumbprint, ends, bindingExpires] = fields as [string, string, string, string]
    const [endsAtMs, bindingExpiresAtMs] = [Number.parseInt(ends, 36), Number.parseInt(bindingExpires, 36)]
    return [{ handleStart, thumbprint, endsAtMs, bindingExpiresAtMs }]
  }

  return {
    issue({ handle, thumbprint, endsAtMs, bindingExpiresAtMs }, nowMs) {
      const maxAge = Math.floor((endsAtMs - nowMs - transitMs) / 1000)
      const times = [endsAtMs, bindingExpiresAtMs].map((timeMs) => Math.floor(timeMs).toString(36))
      const value = tags.seal('bound cookie', [handle.slice(0, handleStartLength), thumbprint, ...times])
      return { value, maxAge }
    },
    open: (values) => values.flatMap(open),
  }
}
