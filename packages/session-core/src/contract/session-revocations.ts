/**
 * Records which client-backed sessions were revoked before their expiry (contract D4). Times are milliseconds since
 * 1970. Rejects with `Backend` if it cannot answer, so that no revoked session is accepted (E1, E4).
 */
export interface SessionRevocations {
  /**
   * Resolves to true if the session was revoked, or all sessions of its user that were created at `createdAtMs` or
   * before. All ids that a session ever has share its family id.
   */
  isRevoked(familyId: string, userId: string | undefined, createdAtMs: number): Promise<boolean>
  /** Revokes one session. May be forgotten once `untilMs` has passed. */
  revokeSession(familyId: string, untilMs: number): Promise<void>
  /** Revokes the user's sessions created up to and at `notAfterMs`. May be forgotten once `untilMs` has passed. */
  revokeUser(userId: string, notAfterMs: number, untilMs: number): Promise<void>
  /** Resolves to false if revocations cannot be looked up now. Absent if they always can. */
  isHealthy?(): Promise<boolean>
}
