import type { ConformanceCase } from './case.js'
import { isQuick } from './quick.js'

/** Whether a pattern names the case: its id, its rule (`U3`), its rule's group (`U`), or a glob over ids (`R2-*`). */
export function matchesPattern({ id, rule }: Pick<ConformanceCase, 'id' | 'rule'>, pattern: string): boolean {
  if (pattern === id || pattern === rule || pattern === rule[0]) return true
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(id)
}

export interface Selection {
  /** Patterns of which a case must match one. Left out: every case. */
  readonly only?: readonly string[] | undefined
  /** No case that waits. */
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
