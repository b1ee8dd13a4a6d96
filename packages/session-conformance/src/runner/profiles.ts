import type { ConformanceCase, Level, Need } from './case.js'
import { optionalNeeds } from './case.js'
import type { StoreFamily } from './harness.js'
import type { Verdict } from './run.js'

/** A group of cases that a store can pass as a whole. */
export type ProfileName =
  | 'core'
  | 'instances'
  | 'networked'
  | 'secrecy'
  | 'keys'
  | 'revocation'
  | 'forbidden'
  | 'full'
  | 'locked'
  | 'restored'
  | 'by-user'
  | 'sweep'
  | 'close'
  | 'compare'
  | 'user-records'
  | 'given-id'

/** The meaning of each profile. All others require `core`. */
export const profileTitles: Readonly<Record<ProfileName, string>> = {
  core: 'keeps every rule that one instance can show by its calls',
  instances: 'shows the same sessions through several instances over one backend',
  networked: 'stays correct while its backend stalls, refuses and cuts connections, and at every step of a race',
  secrecy: 'leaves nothing in its backend that authenticates anyone, or that should be deleted',
  keys: 'accepts no id that was sealed with another secret',
  revocation: 'ends a sealed session under all its ids',
  forbidden: 'rejects with Backend if its backend denies access, and does not mistake a hidden row for a missing one',
  full: 'rejects writes that a full backend has no room for, leaves nothing of them behind, and serves all other calls',
  locked: 'serves other sessions while another client locks some',
  restored: "expires sessions by the stored time, whatever the backend's own expiry says",
  'by-user': "lists a user's sessions, ends them, and misses none",
  sweep: 'removes expired sessions, and nothing else',
  close: 'releases what it opened, so that a process ends by itself',
  compare: 'replaces data only if it is still what the caller has read',
  'user-records':
    "lists a user's sessions with their data, and replaces it only if it is still what the caller has read",
  'given-id': 'creates sessions under ids that the caller chose, and overwrites none',
}

/** Profile of each need. A case with several needs belongs to the first of them in this order. */
const profileOfNeed: Readonly<Record<Need, ProfileName>> = {
  forbid: 'forbidden',
  fill: 'full',
  hold: 'locked',
  delayExpiry: 'restored',
  endpoint: 'networked',
  inspect: 'secrecy',
  'other-secret': 'keys',
  revocation: 'revocation',
  module: 'close',
  close: 'close',
  'user-index': 'by-user',
  sweep: 'sweep',
  compare: 'compare',
  'user-records': 'user-records',
  'given-id': 'given-id',
  'shared-backend': 'instances',
}

/** Returns the profile of a case: `core` if it needs nothing optional. */
export function profileOf({ needs }: Pick<ConformanceCase, 'needs'>): ProfileName {
  const needed = Object.entries(profileOfNeed).find(([need]) => needs.some((each) => each === need))
  return needed?.[1] ?? 'core'
}

/** Returns the optional needs of a profile. A profile of an optional interface requires that interface. */
function interfacesOf(profile: ProfileName): readonly Need[] {
  return optionalNeeds.filter((need) => profileOfNeed[need] === profile)
}

/** Returns the name of a profile in reports: `server/core`, `networked`. */
export function profileLabel(profile: ProfileName, family: StoreFamily): string {
  return profile === 'core' ? `${family}/core` : profile
}

interface JudgedCase {
  readonly id: string
  readonly verdict: Verdict
}

type ProfiledCase = Pick<ConformanceCase, 'id' | 'families' | 'needs'> & { readonly level: Level }

/** Returns the ids of the MUST cases of a profile that did not pass, including those that did not run. */
export function missingForProfile(
  profile: ProfileName,
  family: StoreFamily,
  cases: readonly ProfiledCase[],
  results: readonly JudgedCase[],
): readonly string[] {
  const verdicts = new Map(results.map(({ id, verdict }) => [id, verdict]))
  return cases
    .filter((each) => each.level === 'MUST' && each.families.includes(family) && profileOf(each) === profile)
    .filter(({ id }) => verdicts.get(id) !== 'pass' && verdicts.get(id) !== 'not-applicable')
    .map(({ id }) => id)
}

/**
 * Returns the profiles earned. A profile is earned when each of its MUST cases passed, except cases for optional
 * interfaces that the store does not have. At least one case must have passed; for a profile of an optional interface,
 * a case that needs the interface. Nothing is earned without `core`.
 */
export function earnedProfiles(
  family: StoreFamily,
  cases: readonly ProfiledCase[],
  results: readonly JudgedCase[],
): readonly ProfileName[] {
  const passed = new Set(results.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id))
  const earned = (Object.keys(profileTitles) as ProfileName[]).filter(
    (profile) =>
      missingForProfile(profile, family, cases, results).length === 0 &&
      cases.some(
        (each) =>
          each.level === 'MUST' &&
          profileOf(each) === profile &&
          passed.has(each.id) &&
          interfacesOf(profile).every((need) => each.needs.includes(need)),
      ),
  )
  return earned.includes('core') ? earned : []
}
