import { expect, test } from 'vitest'
import { cases } from '../src/index.js'
import type { Verdict } from '../src/index.js'
import { groupsOf } from '../src/report/groups.js'
import { earnedProfiles, missingForProfile, profileOf } from '../src/runner/profiles.js'

interface Judged {
  readonly id: string
  readonly verdict: Verdict
}

/** Returns the results of a correct store whose harness provides some needs. */
function resultsWith(...given: readonly string[]): readonly Judged[] {
  const optional = ['user-index', 'sweep', 'close', 'compare', 'user-records', 'given-id']
  return cases.map(({ id, families, needs }) => {
    const missing = needs.filter((need) => !given.includes(need))
    if (!families.includes('server') || missing.some((need) => optional.includes(need)))
      return { id, verdict: 'not-applicable' }
    return { id, verdict: missing.length > 0 ? 'unsupported' : 'pass' }
  })
}

const everything = resultsWith(
  'user-index',
  'sweep',
  'close',
  'compare',
  'user-records',
  'given-id',
  'endpoint',
  'inspect',
  'shared-backend',
  'module',
  'forbid',
  'fill',
  'hold',
  'delayExpiry',
)

const withoutOptional = ['core', 'instances', 'networked', 'secrecy', 'forbidden', 'full', 'locked', 'restored']

function but(results: readonly Judged[], changed: string, verdict: Verdict): readonly Judged[] {
  return results.map((each) => (each.id === changed ? { id: changed, verdict } : each))
}

test('a store without optional parts earns the core of its family, and no more', () => {
  expect(earnedProfiles('server', cases, resultsWith())).toEqual(['core'])
})

test('a store with all optional parts earns every profile of its family', () => {
  const all = [...withoutOptional, 'by-user', 'sweep', 'close', 'compare', 'user-records', 'given-id']
  expect(earnedProfiles('server', cases, everything)).toEqual(all)
})

test('a networked store earns its profile without optional interfaces', () => {
  expect(earnedProfiles('server', cases, resultsWith('endpoint', 'shared-backend'))).toEqual([
    'core',
    'instances',
    'networked',
  ])
})

test('a store without close() does not earn the profile of close(), even if its process exits', () => {
  expect(earnedProfiles('server', cases, resultsWith('module'))).toEqual(['core'])
})

test.for(['fail', 'inconclusive', 'unsupported', 'harness-error', 'warn'] as const)(
  'one MUST that ended as %s loses its profile, and that one alone',
  (verdict) => {
    const earned = earnedProfiles('server', cases, but(everything, 'O4-gone', verdict))
    expect(earned).toEqual([...withoutOptional, 'by-user', 'sweep', 'close', 'user-records', 'given-id'])
  },
)

test('no profile is earned without the core', () => {
  expect(earnedProfiles('server', cases, but(everything, 'U3-deleted', 'fail'))).toEqual([])
})

test('a case that did not run counts as not passed', () => {
  const results = everything.filter(({ id }) => id !== 'U3-deleted')
  expect(earnedProfiles('server', cases, results)).toEqual([])
  expect(missingForProfile('core', 'server', cases, results)).toEqual(['U3-deleted'])
})

test('every rule belongs to a group of the contract that reports show', () => {
  const shown = groupsOf({ cases: cases.map((each) => ({ ...each, verdict: 'pass', durationMs: 0, attempts: 1 })) })
  expect(shown.flatMap((group) => group.cases)).toHaveLength(cases.length)
})

test('every case belongs to one profile: the core, if it needs nothing optional', () => {
  for (const each of cases) expect(profileOf(each) === 'core').toBe(each.needs.length === 0)
})
