import { describeType } from '@bext/session-core/store-helpers'

/** Name of the table that holds the sessions. */
export interface TableOptions {
  /** Schema of the table. It must exist. Default: the first schema of the connection's `search_path`. */
  readonly schema?: string | undefined
  /** Name of the table, 1 to 48 bytes. Default: `sessions`. */
  readonly table?: string | undefined
}

/** Names quoted for SQL. `index` has no schema, because `create index` does not accept one. */
export interface TableNames {
  readonly table: string
  readonly index: string
  readonly partition: (number: number) => string
}

// PostgreSQL truncates longer names. The limit of the table's name leaves room for the names derived from it.
const maxNameBytes = 63
const maxTableBytes = 48

function checkName(factory: string, option: string, name: unknown, maxBytes: number): string {
  const expected = `option ${option} must be a name of 1 to ${maxBytes} bytes without NUL`
  if (typeof name !== 'string') {
    throw new TypeError(`${factory}: ${expected}, but it is ${describeType(name)}.`)
  }
  const bytes = Buffer.byteLength(name)
  if (bytes === 0 || bytes > maxBytes) throw new TypeError(`${factory}: ${expected}, but it has ${bytes} bytes.`)
  if (name.includes('\0')) throw new TypeError(`${factory}: ${expected}, but it contains a NUL.`)
  if (!name.isWellFormed()) throw new TypeError(`${factory}: ${expected}, but it contains a lone surrogate.`)
  return name
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns the quoted names. Throws a `TypeError` that names the factory and the option. */
export function tableNames(factory: string, { schema, table = 'sessions' }: TableOptions): TableNames {
  const prefix = schema === undefined ? '' : `${quote(checkName(factory, 'schema', schema, maxNameBytes))}.`
  const name = checkName(factory, 'table', table, maxTableBytes)
  return {
    table: `${prefix}${quote(name)}`,
    index: quote(`${name}_user_id_idx`),
    partition: (number) => `${prefix}${quote(`${name}_${number}`)}`,
  }
}
