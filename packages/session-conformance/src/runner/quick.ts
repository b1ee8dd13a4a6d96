import type { ConformanceCase } from './case.js'

/** Cases that wait for sessions to run out. */
const waiting: ReadonlySet<string> = new Set([
  'D2-revoked-longest',
  'D4-honest',
  'E5-held',
  'E5-held-many',
  'O1-after-writes',
  'O1-stored-end',
  'O2-bounded',
  'O4-stored-end',
  'R3-expires',
  'R3-expires-user',
  'R3-stored-end',
  'R3-stays-gone',
  'R5-no-life',
  'T1-again',
  'T1-extends',
  'T1-shortens',
  'T3-expired',
  'T3-stored-end',
  'U1-expiry',
  'U3-expired',
  'U3-stored-end',
  'U4-expiry-race',
])

/** Whether a case neither waits for the clock nor for faults of a network nor for a process of its own. */
export function isQuick({ id, needs }: Pick<ConformanceCase, 'id' | 'needs'>): boolean {
  return !waiting.has(id) && !needs.includes('endpoint') && !needs.includes('module')
}
