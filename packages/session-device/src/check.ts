import type { SessionId } from '@bext/session-core'
import type { DeviceCheck, DeviceEvidence, DeviceHost } from '@bext/session-core/manager'
import type { BoundCookies, Proof } from './bound-cookie.js'
import { isFor, removal } from './bound-cookie.js'
import { skippedReasonOf } from './headers.js'
import type { CheckedOptions, DeviceRejectionReason } from './options.js'
import type { BindingStore, StoredBinding } from './record.js'
import { readBinding } from './record.js'
import type { RecentProof, RecentProofs } from './recent-proofs.js'

/** Parts of a connected binding that its functions share. */
export interface Connection {
  readonly host: DeviceHost
  readonly store: BindingStore
  readonly options: CheckedOptions
  readonly cookies: BoundCookies
  readonly recent: RecentProofs
}

// Requests that a page sent before the answer to the registration have no bound cookie yet.
const registeringMs = 30_000

const accessOf = { guest: 'none', readOnly: 'readOnly', report: 'full' } as const

/** Returns the one of the proofs that ends last. */
function latest(proofs: readonly Proof[]): Proof | undefined {
  return proofs.toSorted((a, b) => b.endsAtMs - a.endsAtMs)[0]
}

function proven(bindingExpiresAtMs: number): DeviceCheck {
  return { device: 'bound', access: 'full', bindingExpiresAtMs, boundCookie: undefined }
}

function reasonOf(
  { thumbprint }: StoredBinding,
  proofs: readonly Proof[],
  { boundCookies, skipped }: DeviceEvidence,
): Extract<DeviceRejectionReason, DeviceCheck['device']> {
  const said = skippedReasonOf(skipped ?? '', thumbprint)
  if (said !== undefined) return `skipped:${said}`
  if (boundCookies.length === 0) return 'missing'
  return proofs.some((proof) => proof.thumbprint === thumbprint) ? 'expired' : 'invalid'
}

/** Checks a session without a proof that names it. */
async function checkBinding(
  { host, options, cookies }: Connection,
  handle: string,
  binding: StoredBinding | undefined,
  proofs: readonly Proof[],
  evidence: DeviceEvidence,
): Promise<DeviceCheck> {
  const unproven = { access: 'full', bindingExpiresAtMs: binding?.expiresAtMs, boundCookie: undefined } as const
  if (!binding) return { ...unproven, device: 'unbound' }
  const nowMs = await host.nowMs()
  // A response from before a rotation may have overwritten the cookie of the new id. The key is the same.
  const former = latest(proofs.filter(({ thumbprint }) => thumbprint === binding.thumbprint))
  if (former && nowMs < former.endsAtMs) {
    const bindingExpiresAtMs = binding.expiresAtMs
    const { thumbprint, endsAtMs } = former
    const boundCookie = cookies.issue({ handle, thumbprint, endsAtMs, bindingExpiresAtMs }, nowMs)
    return { ...proven(bindingExpiresAtMs), boundCookie }
  }
  if (nowMs < binding.registeredAtMs + registeringMs) return { ...unproven, device: 'registering' }
  const device = reasonOf(binding, proofs, evidence)
  options.reject('request', device)
  // The browser believes a cookie that it has, so it would not refresh.
  const boundCookie = evidence.boundCookies.length > 0 ? removal : undefined
  return { ...unproven, device, access: accessOf[options.whenUnproven], boundCookie }
}

/** Checks a session that no proof names, or whose proof has ended. Starts to read the binding in the tick of the call. */
async function checkUnproven(connection: Connection, id: SessionId, evidence: DeviceEvidence): Promise<DeviceCheck> {
  const { host, store, cookies } = connection
  const handle = host.handleOf(id)
  const binding = await readBinding(store, handle)
  return checkBinding(connection, handle, binding, cookies.open(evidence.boundCookies), evidence)
}

/** Returns the genuine proof of the session that ends last. */
export function proofOf({ cookies }: Connection, handle: string, boundCookies: readonly string[]): Proof | undefined {
  return latest(cookies.open(boundCookies).filter((proof) => isFor(proof, handle)))
}

/** As `proofOf`, and finds the only bound cookie of a request without its HMAC if it was verified before. */
function proofFor(connection: Connection, id: SessionId, boundCookies: readonly string[]): RecentProof | undefined {
  const [first, second] = boundCookies
  if (first === undefined) return undefined
  const find = (): Proof | undefined => proofOf(connection, connection.host.handleOf(id), boundCookies)
  return second === undefined ? connection.recent.getOrAdd(id, first, find) : find()
}

/**
 * Checks the session of a request. Reads the binding only if no genuine cookie names the session. Returns no promise if a
 * genuine cookie names it and the time is known.
 */
export function check(
  connection: Connection,
  id: SessionId,
  evidence: DeviceEvidence,
): DeviceCheck | Promise<DeviceCheck> {
  const proof = proofFor(connection, id, evidence.boundCookies)
  if (!proof) return checkUnproven(connection, id, evidence)
  const nowMs = connection.host.nowMs()
  const checkAt = (ms: number): DeviceCheck | Promise<DeviceCheck> =>
    ms < proof.endsAtMs ? proven(proof.bindingExpiresAtMs) : checkUnproven(connection, id, evidence)
  return typeof nowMs === 'number' ? checkAt(nowMs) : nowMs.then(checkAt)
}
