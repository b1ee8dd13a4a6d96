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
  | 'given-id'

/** The meaning of each profile. All others require `core`. */
export const profileTitles: Readonly<Record<ProfileName, string>> = {
  core: 'keeps every rule that can be seen through one instance and its calls',
  instances: 'several instances over one backend see the same sessions',
  networked: 'stays right while its backend stalls, refuses and cuts connections, and at every step of a race',
  secrecy: 'leaves nothing in its backend that lets anyone in, or that should be gone',
  keys: 'takes no seal of another secret',
  revocation: 'ends a sealed session under all ids that it ever had',
  forbidden: 'answers Backend where its backend forbids, and takes no row that it may not see for none',
  full: 'refuses what a full backend has no room for, whole, and serves the rest',
  locked: 'serves other sessions while somebody else holds a lock on some',
  restored: "ends sessions by what it stored, whatever the backend's own expiry says",
  'by-user': "lists a user's sessions and ends them, and misses none",
  sweep: 'removes what has expired, and nothing else',
  close: 'releases what it opened, so that a process ends by itself',
  compare: 'replaces data only if they are what the caller has read',
  'given-id': 'creates sessions under ids that the caller has minted, and overwrites none',
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
