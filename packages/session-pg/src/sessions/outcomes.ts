import { SessionError } from '@bext/session-core'

/**
 * What became of a write: `missing`, if there is no such session; `hidden`, if row level security may keep it from the
 * role; `refused`, if a trigger has kept the server from writing it.
 */
export type Outcome = 'done' | 'missing' | 'hidden' | 'refused'

/** The message where row level security keeps the store from its work. */
export const hiddenRows =
  'Row level security applies to the database role, so that a session which is not found may yet exist. Let the role see and change all rows: alter role … bypassrls, make it the owner of the table, or alter table … disable row level security.'

const refusedRows =
  'The server has not written the row, and has reported no error: a trigger of the table returns null. Remove it, or let it return the row.'

/** Throws `Backend` for what must not be taken for a missing session, nor for one that is gone (contract E4). */
export function checkOutcome(outcome: string): void {
  if (outcome === 'hidden') throw new SessionError('failed', hiddenRows)
  if (outcome === 'refused') throw new SessionError('failed', refusedRows)
}
