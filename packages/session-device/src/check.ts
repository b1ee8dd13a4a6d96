import type { SessionId } from '@bext/session-core'
import type { DeviceCheck, DeviceEvidence } from '@bext/session-core/manager'
import type { CookieProof } from './bound-cookie.js'
import { isIssuedFor, removal } from './bound-cookie.js'
import type { Connection } from './connection.js'
import { skippedReasonOf } from './headers.js'
import type { DeviceRejectionReason } from './options.js'
import type { StoredBinding } from './record.js'
import { readBinding } from './record.js'
import type { RecentProof } from './recent-proofs.js'

// Requests that a page sent before the answer to the registration have no bound cookie yet.
const registeringMs = 30_000

const accessOf = { guest: 'none', readOnly: 'readOnly', report: 'full' } as const

/** Returns the proof that ends last. */
function latest(proofs: readonly CookieProof[]): CookieProof | undefined {
  return proofs.toSorted((a, b) => b.endsAtMs - a.endsAtMs)[0]
}

function proven(bindingExpiresAtMs: number): DeviceCheck {
  return { device: 'bound', access: 'full', bindingExpiresAtMs, boundCookie: undefined }
}

/** Returns the reason why the device is not proven. */
function reasonOf(
  { thumbprint }: StoredBinding,
  proofs: readonly CookieProof[],
  { boundCookies, skipped }: DeviceEvidence,
): Extract<DeviceRejectionReason, DeviceCheck['device']> {
  const said = skippedReasonOf(skipped ?? '', thumbprint)
  if (said !== undefined) return `skipped:${said}`
  if (boundCookies.length === 0) return 'missing'
  return proofs.some((proof) => proof.thumbprint === thumbprint) ? 'expired' : 'invalid'
}

/** Checks a session that no current proof names, by its binding. */
async function checkBinding(
  { host, options, cookies }: Connection,
  handle: string,
  binding: StoredBinding | undefined,
  proofs: readonly CookieProof[],
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
  options.reportRejection('request', device)
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
export function cookieProofOf(
  { cookies }: Connection,
  handle: string,
  boundCookies: readonly string[],
): CookieProof | undefined {
  return latest(cookies.open(boundCookies).filter((proof) => isIssuedFor(proof, handle)))
}

/** Does the same as `cookieProofOf`, without the HMAC if the only bound cookie of the request was verified before. */
function recentProofOf(
  connection: Connection,
  id: SessionId,
  boundCookies: readonly string[],
): RecentProof | undefined {
  const [first, second] = boundCookies
  if (first === undefined) return undefined
  const find = (): CookieProof | undefined => cookieProofOf(connection, connection.host.handleOf(id), boundCookies)
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
  const proof = recentProofOf(connection, id, evidence.boundCookies)
  if (!proof) return checkUnproven(connection, id, evidence)
  const nowMs = connection.host.nowMs()
  const checkAt = (ms: number): DeviceCheck | Promise<DeviceCheck> =>
    ms < proof.endsAtMs ? proven(proof.bindingExpiresAtMs) : checkUnproven(connection, id, evidence)
  return typeof nowMs === 'number' ? checkAt(nowMs) : nowMs.then(checkAt)
}
