import { SessionError } from '../error.js'
import type { SessionContext } from './options.js'

/** The data as JSON text. Throws `Invalid` for what has none, or whose JSON is not an object or an array. */
export function toDataText(data: object): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
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

/** Stored data as the manager's options want it, or undefined where it does not pass. */
export async function acceptStoredData<Data extends object>(
  { schema, migrateData }: DataRules<Data>,
  stored: object,
  storedText: string,
): Promise<StoredData<Data> | undefined> {
  if (!schema && !migrateData) return { data: stored as Data, savedText: storedText }
  const migrated = migrateData ? migrateData(stored) : stored
  const result = schema ? await schema['~standard'].validate(migrated) : { value: migrated as Data }
  if (result.issues || typeof result.value !== 'object' || result.value === null) return undefined
  return { data: result.value, savedText: toDataText(result.value) }
}

/** Rejects with `Invalid` for data that would not pass the schema when it is read again. */
export async function refuseUnreadable<Data extends object>({ schema }: DataRules<Data>, text: string): Promise<void> {
  const result = await schema?.['~standard'].validate(JSON.parse(text))
  if (!result?.issues) return
  const count = result.issues.length === 1 ? 'an issue' : `${result.issues.length} issues`
  const message = `session.data does not pass the manager's schema: ${count}, which are the cause of this error.`
  throw new SessionError('bad_argument', message, { cause: result.issues })
}
