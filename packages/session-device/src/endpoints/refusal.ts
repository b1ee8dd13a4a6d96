import type { DeviceRejectionReason } from '../options.js'

/** A refusal, thrown by an endpoint. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: DeviceRejectionReason
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    reason: DeviceRejectionReason,
    { headers = {}, cause }: { headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(`The request was refused: ${reason}.`, { cause })
    this.status = status
    this.reason = reason
    this.headers = headers
  }
}
