/**
 * Remembers which client-backed sessions were ended before their expiry (contract D4). Times are milliseconds since
 * 1970. Rejects with `Backend` where it cannot be asked, so that nobody is let in unasked (E1, E4).
 */
export interface SessionRevocations {
  /**
   * Whether the session was revoked, or all sessions of its user that were created at `createdAtMs` or before. The
   * family id names the session through all ids that it ever has.
   */
  isRevoked(familyId: string, userId: string | undefined, createdAtMs: number): Promise<boolean>
  /** Revokes one session. May be forgotten once `untilMs` has passed. */
  revokeSession(familyId: string, untilMs: number): Promise<void>
  /** Revokes the user's sessions created up to and at `notAfterMs`. May be forgotten once `untilMs` has passed. */
  revokeUser(userId: string, notAfterMs: number, untilMs: number): Promise<void>
  /** Resolves to whether revocations can be asked, by one cheap question. Default: they always can. */
  isHealthy?(): Promise<boolean>
}
