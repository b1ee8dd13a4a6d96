import { migrate, sqliteSessions } from '@bext/session-sqlite'
import { driverOf, openDatabase } from '../helpers/drivers.js'

/** A write that the store has confirmed. */
export type Confirmed = readonly [what: 'created' | 'updated' | 'deleted', id: string, dataJson: string]

// Writes until it has created so many sessions, and prints each write that the store has confirmed.
const [driver, path = '', count] = process.argv.slice(2)
const database = openDatabase(driverOf(driver), path)
await migrate(database)
const store = sqliteSessions({ database, timeoutMs: 20_000 })

function confirm(...write: Confirmed): void {
  process.stdout.write(`${JSON.stringify(write)}\n`)
}

for (let n = 0; n < Number(count); n += 1) {
  const id = await store.create({ userId: 'ann', dataJson: '{}', ttlMs: 3_600_000 })
  confirm('created', id, '{}')
  const dataJson = JSON.stringify({ n, text: 'x'.repeat(500) })
  await store.update(id, dataJson)
  confirm('updated', id, dataJson)
  if (n % 3 > 0) continue
  await store.delete(id)
  confirm('deleted', id, '')
}
