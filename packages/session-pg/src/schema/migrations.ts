import { rejectUnknownOptions } from '@bext/session-core/store-helpers'
import type { TableNames, TableOptions } from './table-names.js'
import { tableNames } from './table-names.js'

/** How a table is made. What is there already stays as it is. */
export interface LayoutOptions extends TableOptions {
  /**
   * In how many partitions, by the hash of the id: from 2 to 64, each vacuumed by itself. Default: a table without. For
   * tens of millions of sessions.
   */
  readonly partitions?: number | undefined
  /**
   * Whether the sessions are kept out of the write-ahead log, so that writes cost less. Then a crash of the server ends
   * all sessions, and standbys have none. Default: false.
   */
  readonly unlogged?: boolean | undefined
}

/** A step from one version of the table to the next. */
export interface Migration {
  /** The version that it leads to, from 1 on. */
  readonly version: number
  readonly name: string
  /** Statements for one transaction. */
  readonly sql: string
}

interface Layout {
  readonly names: TableNames
  readonly partitions: number | undefined
  readonly unlogged: boolean
}

const factory = 'migrations'
const maxPartitions = 64

// No index on expires_at_ms: it would turn every touch into a new index entry. The fill factor leaves room on each
// page for the next version of a row, which then needs no index entry either.
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

/** The steps, in their order. One that is released never changes: what is to be different is a further one. */
const steps: readonly { readonly name: string; readonly sqlFor: (layout: Layout) => string }[] = [
  { name: 'sessions', sqlFor: createSessions },
]

/** The version of the table that this release makes and expects. */
export const latestVersion: number = steps.length

/** What the comment on a table of that version begins with. */
export const mark = '@bext/session-pg schema '

/** The version that a table's comment tells, or undefined if it tells none. */
export function versionIn(comment: string): number | undefined {
  const digits = /^\d{1,6}\b/.exec(comment.startsWith(mark) ? comment.slice(mark.length) : '')?.[0]
  return digits === undefined ? undefined : Number(digits)
}

function checkLayout(given: string, options: LayoutOptions): Layout {
  rejectUnknownOptions(given, options, ['schema', 'table', 'partitions', 'unlogged'])
  const { partitions, unlogged = false } = options
  if (partitions !== undefined && !(Number.isInteger(partitions) && partitions >= 2 && partitions <= maxPartitions)) {
    throw new TypeError(`${given}: option partitions must be a whole number from 2 to ${maxPartitions}.`)
  }
  if (typeof unlogged !== 'boolean') throw new TypeError(`${given}: option unlogged must be a boolean.`)
  return { names: tableNames(given, options), partitions, unlogged }
}

/** As `migrations`, for a caller whose name is told by errors. */
export function migrationsFor(given: string, options: LayoutOptions): Migration[] {
  const layout = checkLayout(given, options)
  return steps.map(({ name, sqlFor }, position) => {
    const version = position + 1
    const comment = `comment on table ${layout.names.table} is '${mark}${version}';\n`
    return { version, name, sql: sqlFor(layout) + comment }
  })
}

/**
 * What `migrate` runs, for those who have migrations of their own: a step for each version of the table, from the first
 * one on. The last statement of each notes the version in the table's comment, where `migrate` and `doctor` look for it.
 * Throws a `TypeError` for a wrong option.
 */
export function migrations(options: LayoutOptions = {}): readonly Migration[] {
  return migrationsFor(factory, options)
}
