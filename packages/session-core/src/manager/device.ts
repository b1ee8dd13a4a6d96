import type { SessionId, SessionPlugin } from '../contract/plugin.js'

/**
 * Binding of a session to the visitor's device, in one request:
 *
 * - `bound`: the request proved it.
 * - `unbound`: the session was never bound, or there is none.
 * - `registering`: bound so short a time ago that the request may have been sent before.
 * - `missing`, `expired`, `invalid`: the session is bound, but its bound cookie is absent, has expired or is not genuine.
 * - `skipped:…`: as `missing`, and the browser says why, for example `skipped:server_error`.
 */
export type SessionDevice =
  'bound' | 'unbound' | 'registering' | 'missing' | 'expired' | 'invalid' | `skipped:${string}`

/** Parts of a request that prove a device. */
export interface DeviceEvidence {
  /** Values of the bound cookie. */
  readonly boundCookies: readonly string[]
  /** Header `Secure-Session-Skipped`, if any. */
  readonly skipped: string | undefined
}

/** Value of the bound cookie that the response sets. An empty value with a `maxAge` of 0 removes it. */
export interface BoundCookie {
  readonly value: string
  /** Time until the cookie expires, in seconds. */
  readonly maxAge: number
}

/** Result of the check of a session. */
export interface DeviceCheck {
  readonly device: SessionDevice
  /** Use of the session that the request is allowed. `none`: the session is treated as if it did not exist. */
  readonly access: 'full' | 'readOnly' | 'none'
  /** Time at which the record of the binding expires, in milliseconds since 1970. Undefined if there is none. */
  readonly bindingExpiresAtMs: number | undefined
  /** Bound cookie that the response has to set or remove. */
  readonly boundCookie: BoundCookie | undefined
}

/** A session on its way to another id. */
export interface DeviceMove {
  /**
   * Called once the old session has ended or cannot be changed any more. `graceMs` is the time for which the old id can still
   * be read.
   */
  finish(graceMs: number): Promise<MovedDevice>
}

/** A session under its new id. */
export interface MovedDevice {
  readonly isBound: boolean
  /** Bound cookie of the new id, if the request proved the device. It proves no longer than the cookie of the request. */
  readonly boundCookie: BoundCookie | undefined
}

/** A live session, as the endpoints of a device binding see it. */
export interface DeviceSession {
  readonly handle: string
  readonly userId: string | undefined
  /** True if a rotation replaced its id. */
  readonly isReplaced: boolean
  /** Time of the absolute timeout, in milliseconds since 1970 on the store's clock. */
  readonly absoluteExpiresAtMs: number
}

/** The request of a browser to an endpoint. A `Request` is one. */
export interface DeviceRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** Parts of the manager that a device binding needs. */
export interface DeviceHost {
  readonly store: SessionPlugin
  readonly boundCookie: {
    readonly name: string
    /** Attributes as in a `Set-Cookie` header, without `Max-Age`. */
    readonly attributes: string
    /** Returns the value of a `Set-Cookie` header. */
    header(cookie: BoundCookie): string
  }
  /**
   * Returns the time on the store's clock, in milliseconds since 1970. Asks the store at most once in ten minutes, and then
   * returns a promise.
   */
  nowMs(): number | Promise<number>
  /** Returns the ids in the main cookie. */
  readIds(cookieHeader: string): readonly SessionId[]
  /** Resolves to the session, or undefined if it is not live. Rejects with `Backend` if the store fails. */
  readSession(id: SessionId): Promise<DeviceSession | undefined>
  /** Returns the handle of a session's id. */
  handleOf(id: SessionId): string
}

/** Calls of the manager. All of them reject with `Backend` if the store fails. */
export interface ConnectedDevice {
  /**
   * Checks a session. A read of the store starts in the tick of the call, so that the store batches it with the read of the
   * session. Returns no promise if it knows the result at once.
   */
  check(id: SessionId, evidence: DeviceEvidence): DeviceCheck | Promise<DeviceCheck>
  /** Makes the record of a binding expire no earlier than the session's absolute timeout, `restMs` from now. */
  keep(handle: string, restMs: number): Promise<void>
  /** Binds a new id as the old one is, before the old session ends. `restMs`: time until the absolute timeout. */
  move(from: string, to: string, restMs: number, evidence: DeviceEvidence): Promise<DeviceMove>
  /** Resolves to the header that asks the browser to register a new session. */
  offer(handle: string): Promise<readonly [name: string, value: string]>
  /** Removes the record of a session that has ended. Never rejects: the record expires anyway. */
  forget(handle: string): Promise<void>
  /** Resolves to true for each session that is bound. */
  areBound(handles: readonly string[]): Promise<readonly boolean[]>
  /** Answers a browser, or resolves to undefined if the path is no endpoint. Never rejects. */
  respond(request: DeviceRequest): Promise<Response | undefined>
}

/** Binding of sessions to devices: the result of `deviceBinding` of @bext/session-device. */
export interface DeviceBinding {
  /** Throws a `TypeError` if the store or the cookie does not suit. */
  connect(host: DeviceHost): ConnectedDevice
}

/**
 * First element of the record of a binding, which is a JSON array. The manager treats such a record as an unknown session, so
 * that its id neither opens nor ends anything.
 */
export const deviceRecordMark = 'device'

/** Request header in which a browser says why it sends no bound cookie. */
export const skippedHeader = 'secure-session-skipped'
