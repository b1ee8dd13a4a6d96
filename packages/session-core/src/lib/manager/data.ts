import { SessionError } from '../error.js'

/** The data as JSON text. Throws `Invalid` for what has none, or whose JSON is not an object or an array. */
export function toDataJson(data: object): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    throw new SessionError('bad_argument', 'session.data cannot be written as JSON: see the cause.', { cause })
  }
  if (json?.startsWith('{') || json?.startsWith('[')) return json
  throw new SessionError('bad_argument', 'session.data must be an object that JSON keeps as an object.')
}

/** The data of a stored session. Throws `Backend`, reason `corrupt`, for JSON that is not an object or an array. */
export function fromDataJson(dataJson: string): object {
  let data: unknown
  try {
    data = JSON.parse(dataJson)
  } catch {
    // The parser's message quotes the data, so it is not kept as the cause (contract E3).
  }
  if (typeof data === 'object' && data !== null) return data
  throw new SessionError('corrupt', 'The stored session data is not a JSON object: something else has written it.')
}

/** Whether the data changed: stores and other writers may spell the same JSON differently (contract R2). */
export function isSameData(savedJson: string, json: string): boolean {
  return savedJson === json || JSON.stringify(JSON.parse(savedJson)) === json
}
