import type { Report, ReportCase } from './report.js'
import type { Verdict } from '../runner/run.js'

/** Titles of the rule groups by the first letter of their rules, in the order of the contract. */
const titles: Readonly<Record<string, string>> = {
  C: 'create',
  R: 'read',
  U: 'update',
  T: 'touch',
  D: 'delete',
  E: 'errors',
  H: 'health',
  I: 'isolation and secrecy',
  L: 'limits',
  O: 'optional interfaces',
}

/** The cases of one letter of the contract. */
export interface RuleGroup {
  readonly letter: string
  readonly title: string
  readonly cases: readonly ReportCase[]
}

/** Groups the cases of a report by the groups of the contract, without those that do not apply to the store. */
export function groupsOf({ cases }: Pick<Report, 'cases'>): readonly RuleGroup[] {
  const concerning = cases.filter(({ verdict }) => verdict !== 'not-applicable')
  return Object.entries(titles)
    .map(([letter, title]) => ({ letter, title, cases: concerning.filter(({ rule }) => rule.startsWith(letter)) }))
    .filter((group) => group.cases.length > 0)
}

/** The columns of tables, in order, with the verdicts that each counts. */
export const verdictTitles: readonly (readonly [title: string, verdicts: readonly Verdict[]])[] = [
  ['passed', ['pass']],
  ['failed', ['fail']],
  ['warned', ['warn']],
  ['could not tell', ['inconclusive', 'harness-error']],
  ['not shown', ['unsupported']],
]

/** Counts the cases with one of the verdicts. */
export function countOf(cases: readonly ReportCase[], verdicts: readonly Verdict[]): number {
  return cases.filter(({ verdict }) => verdicts.includes(verdict)).length
}

export interface Finding {
  /** The first case of the finding, followed by the others with the same verdict and rule. */
  readonly first: ReportCase
  readonly others: readonly ReportCase[]
}

const findingOrder: readonly Verdict[] = ['fail', 'inconclusive', 'harness-error', 'warn']

function keyOf({ verdict, brokenRule, rule }: ReportCase): string {
  return `${verdict} ${brokenRule ?? rule}`
}

/** Groups the cases that did not pass by broken rule, the worst first. */
export function findingsOf({ cases }: Pick<Report, 'cases'>): readonly Finding[] {
  const found = findingOrder.flatMap((verdict) => cases.filter((each) => each.verdict === verdict))
  const firsts = found.filter((each, n) => found.findIndex((other) => keyOf(other) === keyOf(each)) === n)
  return firsts.map((first) => ({
    first,
    others: found.filter((other) => other !== first && keyOf(other) === keyOf(first)),
  }))
}

const maxNamed = 8

/** Returns the ids of a finding's other cases, if there are any. */
export function namesOf(others: Finding['others']): string {
  const named = others
    .slice(0, maxNamed)
    .map(({ id }) => id)
    .join(', ')
  return others.length > maxNamed ? `${named} and ${others.length - maxNamed} more` : named
}

/** Returns each reason why cases were not testable, with the number of cases. */
export function notShown({
  cases,
}: Pick<Report, 'cases'>): readonly (readonly [note: string, ids: readonly string[]])[] {
  const kept = cases.filter(({ verdict }) => verdict === 'unsupported')
  const notes = [...new Set(kept.map(({ note = '' }) => note))]
  return notes.map((note) => [note, kept.filter((each) => (each.note ?? '') === note).map(({ id }) => id)])
}

/** Returns the earned profiles, such as `server/core 1.0, networked`, or an empty text. */
export function profilesText({ profiles, contract }: Pick<Report, 'profiles' | 'contract'>): string {
  return profiles.map((profile) => (profile.endsWith('/core') ? `${profile} ${contract}` : profile)).join(', ')
}
