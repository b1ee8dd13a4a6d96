import { rejectUnknownOptions } from '@bext/session-core/store-helpers'
import { tableNames, type TableNames, type TableOptions } from './table-names.js'

/** Name and layout of a new table. The layout of an existing table does not change. */
export interface LayoutOptions extends TableOptions {
  /**
   * Number of hash partitions by id, from 2 to 64, for tens of millions of sessions. PostgreSQL vacuums each partition
   * separately. Default: none.
   */
  readonly partitions?: number | undefined
  /**
   * `true` keeps the sessions out of the write-ahead log, so that writes cost less. A crash of the server then deletes all
   * sessions, and standbys have none. Default: `false`.
   */
  readonly unlogged?: boolean | undefined
}

/** A step from one version of the table to the next. */
export interface Migration {
  /** Version of the table after the step. The first is 1. */
  readonly version: number
  readonly name: string
  /** Statements to run in one transaction. */
  readonly sql: string
}

interface Layout {
  readonly names: TableNames
  readonly partitions: number | undefined
  readonly unlogged: boolean
}

const maxPartitions = 64

// No index on expires_at_ms, because every touch would then write to all indexes. The fill factor leaves room on each page
// for the next version of a row, which then needs no new index entry.
const storage = 'with (fillfactor = 90)'

function createTable({ names, partitions, unlogged }: Layout): string {
  const { table, partition } = names
  const kind = unlogged ? 'unlogged table' : 'table'
  const columns = `(
  id text collate "C" primary key,
  user_id text collate "C",
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  data_json text not null
)`
  if (partitions === undefined) return `create ${kind} ${table} ${columns} ${storage};\n`
  const parts = Array.from(
    { length: partitions },
    (_, n) =>
      `create ${kind} ${partition(n)} partition of ${table} for values with (modulus ${partitions}, remainder ${n}) ${storage};\n`,
  )
  return `create table ${table} ${columns} partition by hash (id);\n${parts.join('')}`
}

function createSessions(layout: Layout): string {
  const { table, index } = layout.names
  return `${createTable(layout)}create index ${index} on ${table} (user_id) where user_id is not null;\n`
}

/** The steps in order. A released step never changes: add another step instead. */
const steps: readonly { readonly name: string; readonly sqlFor: (layout: Layout) => string }[] = [
  { name: 'sessions', sqlFor: createSessions },
]

/** The version of the table that this release creates and expects. */
export const latestVersion: number = steps.length

/** The beginning of the comment on a table, before its version. */
export const commentPrefix = '@bext/session-pg schema '

/** Returns the version in a table's comment; `undefined` if the comment has none. */
export function versionIn(comment: string): number | undefined {
  const digits = /^\d{1,6}\b/.exec(comment.startsWith(commentPrefix) ? comment.slice(commentPrefix.length) : '')?.[0]
  return digits === undefined ? undefined : Number(digits)
}

function checkLayout(caller: string, options: LayoutOptions): Layout {
  rejectUnknownOptions(caller, options, ['schema', 'table', 'partitions', 'unlogged'])
  const { partitions, unlogged = false } = options
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 2 && partitions <= maxPartitions)) {
    throw new TypeError(`${caller}: option partitions must be an integer from 2 to ${maxPartitions}.`)
  }
  if (typeof unlogged !== 'boolean') throw new TypeError(`${caller}: option unlogged must be a boolean.`)
  return { names: tableNames(caller, options), partitions, unlogged }
}

/** Returns `migrations(options)`. Errors name `caller`. */
export function migrationsFor(caller: string, options: LayoutOptions): Migration[] {
  const layout = checkLayout(caller, options)
  return steps.map(({ name, sqlFor }, position) => {
    const version = position + 1
    const comment = `comment on table ${layout.names.table} is '${commentPrefix}${version}';\n`
    return { version, name, sql: sqlFor(layout) + comment }
  })
}

/**
 * Returns the steps that `migrate` runs, for use with a migration tool: one for each version of the table, beginning with
 * the first. The last statement of each step stores the version in the table's comment, where `migrate` and `doctor` read
 * it. Throws a `TypeError` for a wrong option.
 */
export function migrations(options: LayoutOptions = {}): readonly Migration[] {
  return migrationsFor('migrations', options)
}
