import { createHash } from 'node:crypto'
import type { Report } from './report.js'
import type { DemoStore } from '../src/stores/store.js'

/** Checks contract I1: the backend contains at most the hash of the id, so its contents authenticate nobody. */
export async function checkStoredRows(store: DemoStore, report: Report, userId: string, id: string): Promise<void> {
  const { rows } = await store.look(userId)
  const held = rows.flat().join('\n')
  if (!store.isServerBacked) return report.check(held === '', 'the store contains nothing')
  const hash = createHash('sha256').update(id).digest('base64url')
  report.check(held.includes(hash) && !held.includes(id), 'the store contains the hash of the id, and not the id')
}
