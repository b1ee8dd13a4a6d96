import { SessionError } from '../contract/errors.js'
import { InvalidData } from './commit-error.js'
import type { DataRules } from './host.js'
import type { DataSchema, DataSchemaResult } from './options.js'
import type { UnkeptValue } from './unkept.js'
import { findUnkept, placeOf } from './unkept.js'

function unkeptError(found: UnkeptValue, cause?: unknown): SessionError {
  const fault = `${placeOf(found)} is ${found.kind}, which JSON cannot represent.`
  const advice = 'Store plain JSON values (a date as a string), or convert the value in the schema.'
  return new SessionError('bad_argument', `${fault} ${advice}`, { cause })
}

/** Returns the data as JSON text. Throws `Invalid` if it has no JSON text, or one that is not an object or an array. */
export function toDataText(data: object): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    // The data may be cyclic, so visit each object once.
    const found = findUnkept(data, true, new Set())
    if (found) throw unkeptError(found, cause)
    throw new SessionError('bad_argument', 'session.data cannot be serialized as JSON. See the cause.', { cause })
  }
  if (json?.startsWith('{') || json?.startsWith('[')) return json
  throw new SessionError('bad_argument', 'session.data must be an object whose JSON is an object or an array.')
}

/** Returns true if both are the same data: stores and other programs may spell the same JSON differently (contract R2). */
export function isSameData(unchangedText: string, text: string): boolean {
  return unchangedText === text || JSON.stringify(JSON.parse(unchangedText)) === text
}

/** Stored data that passed `migrateData` and `schema`. */
export interface AcceptedData<Data extends object> {
  readonly data: Data
  /** JSON text of the data as long as it is not changed. */
  readonly unchangedText: string
}

type ReadRules<Data extends object> = Pick<DataRules<Data>, 'schema' | 'migrateData'>

/**
 * Throws `Invalid` for data that a later request would read as something else, such as a date as a string, or a `Map` as
 * `{}`. With a schema or `migrateData`, a date is accepted, because they can restore it.
 */
export function assertStorable<Data extends object>({ schema, migrateData }: ReadRules<Data>, data: Data): void {
  const found = findUnkept(data, schema !== undefined || migrateData !== undefined)
  if (found) throw unkeptError(found)
}

/** Migrates and validates stored data. Rejects with `InvalidData` if `migrateData` or `schema` fails. */
export async function acceptStoredData<Data extends object>(
  { schema, migrateData }: ReadRules<Data>,
  stored: object,
  dataText: string,
): Promise<AcceptedData<Data>> {
  if (!schema && !migrateData) return { data: stored as Data, unchangedText: dataText }
  try {
    const migrated = migrateData ? await migrateData(stored) : stored
    const result = schema ? await schema['~standard'].validate(migrated) : { value: migrated as Data }
    if (result.issues) throw new InvalidData(result.issues)
    return { data: result.value, unchangedText: toDataText(result.value) }
  } catch (error) {
    throw error instanceof InvalidData ? error : new InvalidData(error)
  }
}

/** Resolves to the data as the schema returns it when it is read again. Rejects with `Invalid` if validation would fail. */
export async function readBack<Data extends object>(schema: DataSchema<Data>, text: string): Promise<Data> {
  let result: DataSchemaResult<Data>
  try {
    result = await schema['~standard'].validate(JSON.parse(text))
  } catch (cause) {
    throw new SessionError('bad_argument', 'session.data makes the schema throw. See the cause.', { cause })
  }
  if (!result.issues) return result.value
  const count = result.issues.length === 1 ? '1 issue' : `${result.issues.length} issues`
  const message = `session.data fails the schema: ${count}. See the cause.`
  throw new SessionError('bad_argument', message, { cause: result.issues })
}
