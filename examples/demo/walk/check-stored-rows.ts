import { createHash } from 'node:crypto'
import type { Report } from './report.js'
import type { DemoStore } from '../src/stores/store.js'

/** What is in the backend must let nobody in: the hash of an id at most (contract I1). */
export async function checkStoredRows(store: DemoStore, report: Report, userId: string, id: string): Promise<void> {
  const { rows } = await store.look(userId)
  const held = rows.flat().join('\n')
  if (!store.isServerBacked) return report.check(held === '', 'the store holds nothing')
  const hash = createHash('sha256').update(id).digest('base64url')
  report.check(held.includes(hash) && !held.includes(id), 'the store holds the hash of the id, and not the id')
}
