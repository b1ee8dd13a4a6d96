import type { ConformanceCase } from './case.js'

/** Cases that wait for sessions to expire. */
const waiting: ReadonlySet<string> = new Set([
  'D2-revoked-longest',
  'D4-honest',
  'E5-held',
  'E5-held-many',
  'O1-after-writes',
  'O1-stored-end',
  'O2-bounded',
  'O4-stored-end',
  'O5-gone',
  'O5-stored-end',
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

/** Returns true if a case waits neither for the clock nor for network faults nor for a child process. */
export function isQuick({ id, needs }: Pick<ConformanceCase, 'id' | 'needs'>): boolean {
  return !waiting.has(id) && !needs.includes('endpoint') && !needs.includes('module')
}

/** Returns true if a pattern matches: an id, a rule (`U3`), a group of rules (`U`), or a glob over ids (`R2-*`). */
export function matchesPattern({ id, rule }: Pick<ConformanceCase, 'id' | 'rule'>, pattern: string): boolean {
  if (pattern === id || pattern === rule || pattern === rule[0]) return true
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(id)
}

export interface Selection {
  /** Patterns of which a case must match one. Left out: every case. */
  readonly only?: readonly string[] | undefined
  /** True to select no case that waits. */
  readonly quick?: boolean | undefined
}

export function selectCases(
  cases: readonly ConformanceCase[],
  { only, quick = false }: Selection,
): readonly ConformanceCase[] {
  return cases.filter(
    (each) => (!quick || isQuick(each)) && (!only || only.some((pattern) => matchesPattern(each, pattern))),
  )
}
