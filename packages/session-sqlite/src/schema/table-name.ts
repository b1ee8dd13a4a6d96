import { describeType } from '@bext/session-core/store-helpers'

/** Name of the table that holds the sessions. */
export interface TableOptions {
  /** Name of the table, without `sqlite_` at its start. Default: `sessions`. */
  readonly table?: string | undefined
}

/** The name of the table, and names quoted for SQL. */
export interface TableNames {
  /** Not quoted. */
  readonly name: string
  readonly table: string
  readonly userIndex: string
  readonly expiryIndex: string
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns the names. Throws a `TypeError` that names the factory. */
export function tableNames(factory: string, { table = 'sessions' }: TableOptions): TableNames {
  const expected = 'option table must be a name without NUL that does not begin with sqlite_'
  if (typeof table !== 'string') throw new TypeError(`${factory}: ${expected}, but it is ${describeType(table)}.`)
  if (table === '' || table.includes('\0') || !table.isWellFormed() || /^sqlite_/i.test(table)) {
    throw new TypeError(`${factory}: ${expected}.`)
  }
  return {
    name: table,
    table: quote(table),
    userIndex: quote(`${table}_user_id_idx`),
    expiryIndex: quote(`${table}_expires_at_ms_idx`),
  }
}
