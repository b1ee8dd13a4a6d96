import { SessionError } from '../contract/errors.js'
import type { SessionContext } from './options.js'
import { InvalidData } from './commit-error.js'
import type { DataSchema, DataSchemaResult } from './schema.js'
import type { UnkeptValue } from './unkept.js'
import { findUnkept, placeOf } from './unkept.js'

function unkeptError(found: UnkeptValue, cause?: unknown): SessionError {
  const fault = `${placeOf(found)} is ${found.kind}, which JSON does not keep as it is.`
  const advice = 'Store plain JSON values (a date as a number or text), or convert the value in the option schema.'
  return new SessionError('bad_argument', `${fault} ${advice}`, { cause })
}

/** The data as JSON text. Throws `Invalid` for what has none, or whose JSON is not an object or an array. */
export function toDataText(data: object): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    // The data may be a cycle, so each object is visited once.
    const found = findUnkept(data, true, new Set())
    if (found) throw unkeptError(found, cause)
    throw new SessionError('bad_argument', 'session.data cannot be written as JSON: see the cause.', { cause })
  }
  if (json?.startsWith('{') || json?.startsWith('[')) return json
  throw new SessionError('bad_argument', 'session.data must be an object that JSON keeps as an object.')
}

/** Whether the data changed: stores and other writers may spell the same JSON differently (contract R2). */
export function isSameData(savedText: string, text: string): boolean {
  return savedText === text || JSON.stringify(JSON.parse(savedText)) === text
}

export interface StoredData<Data extends object> {
  readonly data: Data
  /** What the data is as JSON if nobody changes it. */
  readonly savedText: string
}

type DataRules<Data extends object> = Pick<SessionContext<Data>, 'schema' | 'migrateData'>

/**
 * Throws `Invalid` for data that has JSON text, and of which a later request would read something else: a date as text,
 * a `Map` as `{}`. With a schema or `migrateData` a date passes, because these can make it again.
 */
export function refuseUnkept<Data extends object>({ schema, migrateData }: DataRules<Data>, data: Data): void {
  const found = findUnkept(data, schema !== undefined || migrateData !== undefined)
  if (found) throw unkeptError(found)
}

/** Stored data as the manager's options want it. Rejects with `InvalidData` where it does not pass. */
export async function acceptStoredData<Data extends object>(
  { schema, migrateData }: DataRules<Data>,
  stored: object,
  storedText: string,
): Promise<StoredData<Data>> {
  if (!schema && !migrateData) return { data: stored as Data, savedText: storedText }
  try {
    const migrated = migrateData ? await migrateData(stored) : stored
    const result = schema ? await schema['~standard'].validate(migrated) : { value: migrated as Data }
    if (result.issues) throw new InvalidData(result.issues)
    return { data: result.value, savedText: toDataText(result.value) }
  } catch (error) {
    throw error instanceof InvalidData ? error : new InvalidData(error)
  }
}

/** The data as the schema makes it when it is read again. Rejects with `Invalid` where it would not pass. */
export async function readBack<Data extends object>(schema: DataSchema<Data>, text: string): Promise<Data> {
  let result: DataSchemaResult<Data>
  try {
    result = await schema['~standard'].validate(JSON.parse(text))
  } catch (cause) {
    throw new SessionError('bad_argument', "session.data makes the manager's schema throw: see the cause.", { cause })
  }
  if (!result.issues) return result.value
  const count = result.issues.length === 1 ? 'an issue' : `${result.issues.length} issues`
  const message = `session.data does not pass the manager's schema: ${count}, which are the cause of this error.`
  throw new SessionError('bad_argument', message, { cause: result.issues })
}
