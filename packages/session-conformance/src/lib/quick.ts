import type { ConformanceCase } from './case.js'

/** Cases that wait for sessions to run out. */
const waiting: ReadonlySet<string> = new Set([
  'D2-revoked-longest',
  'D4-honest',
  'O1-after-writes',
  'O2-bounded',
  'R3-expires',
  'R3-expires-user',
  'R3-stays-gone',
  'R5-no-life',
  'T1-again',
  'T1-extends',
  'T1-shortens',
  'T3-expired',
  'U1-expiry',
  'U3-expired',
  'U4-expiry-race',
])

/** Whether a case neither waits for the clock nor for faults of a network nor for a process of its own. */
export function isQuick({ id, needs }: Pick<ConformanceCase, 'id' | 'needs'>): boolean {
  return !waiting.has(id) && !needs.includes('endpoint') && !needs.includes('module')
}
