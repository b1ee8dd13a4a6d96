import type { SessionRecord } from '@bext/session-core'
import { SessionError } from '@bext/session-core'

/** What a sealed id holds. */
export type Session = Omit<SessionRecord, 'id'>

const version = 1
const elements = 6

function headerOf(purpose: string, { userId, createdAtMs, expiresAtMs }: Omit<Session, 'dataJson'>): string {
  return `[${version},${JSON.stringify(purpose)},${JSON.stringify(userId ?? null)},${createdAtMs},${expiresAtMs},`
}

function malformed(): SessionError {
  return new SessionError('malformed', 'The sealed session is malformed: it holds no session record.')
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function parseArray(text: string): readonly unknown[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!Array.isArray(parsed)) throw malformed()
  return parsed
}

/** The session as JSON text: `[version, purpose, user, created, expires, data]`, the data as it is (contract R2). */
export function encodePayload(purpose: string, session: Session): string {
  return `${headerOf(purpose, session)}${session.dataJson}]`
}

/** The session in a text that `encodePayload` made for this purpose. Throws `Invalid` for any other (contract I2). */
export function decodePayload(purpose: string, text: string): Session {
  const parsed = parseArray(text)
  const [sealedVersion, sealedPurpose, user, createdAtMs, expiresAtMs] = parsed
  if (sealedVersion !== version) {
    throw new SessionError('unsupported_version', `The sealed session is not of version ${version}.`)
  }
  if (sealedPurpose !== purpose) throw new SessionError('wrong_purpose', 'The session was sealed for another purpose.')
  if (parsed.length !== elements) throw malformed()
  if (user !== null && typeof user !== 'string') throw malformed()
  if (!isTime(createdAtMs) || !isTime(expiresAtMs)) throw malformed()

  const fields = { userId: user ?? undefined, createdAtMs, expiresAtMs }
  const header = headerOf(purpose, fields)
  if (!text.startsWith(header) || !text.endsWith(']')) throw malformed()
  return { ...fields, dataJson: text.slice(header.length, -1) }
}
