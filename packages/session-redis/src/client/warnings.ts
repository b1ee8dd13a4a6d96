/** A client setting that makes calls fail, or that would break the contract if the store did not work around it. */
export interface ClientWarning {
  readonly code:
    | 'offline-queue'
    | 'no-offline-queue'
    | 'resends'
    | 'endless-retries'
    | 'no-socket-timeout'
    | 'replica-reads'
    | 'replica-role'
    | 'gives-up'
    | 'no-error-listener'
  /** Names the setting, its effect and the value to set. */
  readonly message: string
}

export const workedAround = 'The store works around this, but the client still does it'
