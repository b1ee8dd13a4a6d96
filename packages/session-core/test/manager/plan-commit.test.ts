import { describe, expect, it } from 'vitest'
import { asSessionId } from '@bext/session-core'
import { createSessionCookies } from '../../src/manager/cookie.js'
import { createLifetimes } from '../../src/manager/lifetimes.js'
import type { PendingChanges } from '../../src/manager/pending-changes.js'
import type { CommitPlan, KeepPlan } from '../../src/manager/plan-commit.js'
import { planCommit, planKeep } from '../../src/manager/plan-commit.js'
import type { StoredSession } from '../../src/manager/stored-session.js'

const cookies = createSessionCookies()
const serverBackedId = asSessionId('A'.repeat(43))
const sealedId = asSessionId('sealed.id')
const minuteMs = 60_000

function storedSession({ id = serverBackedId, createdAtMs = 1, isReplaced = false } = {}): StoredSession {
  return {
    record: { id, userId: 'ada', dataJson: '{}', createdAtMs, expiresAtMs: createdAtMs + 30 * minuteMs },
    envelope: {
      isRemembered: false,
      isReplaced,
      isAdopted: false,
      familyId: undefined,
      beganAtMs: 0,
      ttlMs: 30 * minuteMs,
    },
    dataText: '{}',
    cookie: cookies.main,
  }
}

const stored = {
  none: undefined,
  own: storedSession(),
  unmigrated: storedSession({ createdAtMs: 0 }),
  rotated: storedSession({ isReplaced: true }),
}

interface Row {
  readonly stored: keyof typeof stored
  readonly action: PendingChanges['action']
  readonly isChanged: boolean
  readonly graceMs?: number
  readonly signOut?: 'everywhere' | 'elsewhere'
  readonly canKeepOne?: boolean
}

/** Describes a plan in words, such as `replace, main, check, ends own, revoke after`. */
function wordsOf({ step, revokeAll }: CommitPlan): string {
  const parts: string[] = [step.kind]
  if (step.kind === 'replace') {
    parts.push(step.cookie)
    if (step.isSignIn) parts.push('limit')
    if (step.retire) parts.push(step.retire)
  }
  if ('ends' in step && step.ends.length > 0) {
    parts.push(`ends ${step.ends.map(({ id }) => (id === serverBackedId ? 'own' : 'unreadable')).join(' and ')}`)
  }
  if (revokeAll) parts.push(`revoke ${revokeAll.when}${revokeAll.isChecked ? ' if live' : ''}`)
  return parts.join(', ')
}

function plan({ stored: which, action, isChanged, graceMs = 0, signOut, canKeepOne = true }: Row): CommitPlan {
  const pending: PendingChanges = {
    stored: stored[which],
    unreadable: [{ id: sealedId, cookie: cookies.guest }],
    cookies: { main: [], guest: [], legacy: undefined, bound: [] },
    evidence: { boundCookies: [], skipped: undefined },
    check: undefined,
    userId: 'ada',
    unchangedText: '{}',
    action,
    graceMs,
    isRemembered: false,
    beganAtMs: undefined,
    revokeAll: signOut && { userId: 'ada', keepsCurrent: signOut === 'elsewhere' },
  }
  return planCommit(pending, isChanged ? '{"visits":1}' : undefined, { canKeepOne })
}

const unchanged = { isChanged: false }
const changed = { isChanged: true }
const elsewhere = { signOut: 'elsewhere' } as const
const everywhere = { signOut: 'everywhere' } as const
const cannotKeepOne = { canKeepOne: false }

describe('the plan of a commit', () => {
  it.each<[stored: Row['stored'], action: Row['action'], rest: Omit<Row, 'stored' | 'action'>, expected: string]>([
    ['none', 'keep', unchanged, 'none'],
    ['none', 'keep', changed, 'replace, guest'],
    ['own', 'keep', unchanged, 'keep'],
    ['own', 'keep', changed, 'keep'],
    ['unmigrated', 'keep', unchanged, 'migrate'],
    ['unmigrated', 'keep', changed, 'migrate'],
    ['rotated', 'keep', unchanged, 'keep'],
    ['rotated', 'keep', changed, 'reject'],

    ['none', 'signIn', unchanged, 'replace, main, limit, ends unreadable'],
    ['own', 'signIn', changed, 'replace, main, limit, ends own and unreadable'],
    ['unmigrated', 'signIn', unchanged, 'replace, main, limit, ends own and unreadable'],
    ['rotated', 'signIn', changed, 'replace, main, limit, ends own and unreadable'],

    ['own', 'rotate', unchanged, 'replace, main, check, ends own'],
    ['own', 'rotate', { ...changed, graceMs: 1 }, 'replace, main, grace'],

    ['none', 'end', unchanged, 'end, ends unreadable'],
    ['own', 'end', unchanged, 'end, ends own and unreadable'],
    ['own', 'end', changed, 'replace, guest, ends own and unreadable'],

    ['own', 'end', { ...unchanged, ...everywhere }, 'end, ends own and unreadable, revoke before'],
    ['own', 'end', { ...changed, ...everywhere }, 'replace, guest, ends own and unreadable, revoke before'],
    ['none', 'keep', { ...unchanged, ...everywhere }, 'none, revoke before'],

    ['own', 'keep', { ...unchanged, ...elsewhere }, 'keep, revoke after'],
    ['unmigrated', 'keep', { ...unchanged, ...elsewhere }, 'migrate, revoke after'],
    ['rotated', 'keep', { ...unchanged, ...elsewhere }, 'reject'],
    ['own', 'signIn', { ...unchanged, ...elsewhere }, 'replace, main, limit, ends own and unreadable, revoke after'],
    ['own', 'rotate', { ...unchanged, ...elsewhere }, 'replace, main, check, ends own, revoke after'],
    ['own', 'rotate', { ...unchanged, ...elsewhere, graceMs: 1 }, 'replace, main, check, ends own, revoke after'],

    [
      'own',
      'keep',
      { ...unchanged, ...elsewhere, ...cannotKeepOne },
      'replace, main, limit, ends own and unreadable, revoke before if live',
    ],
    [
      'own',
      'rotate',
      { ...unchanged, ...elsewhere, ...cannotKeepOne },
      'replace, main, limit, ends own and unreadable, revoke before if live',
    ],
    [
      'own',
      'signIn',
      { ...unchanged, ...elsewhere, ...cannotKeepOne },
      'replace, main, limit, ends own and unreadable, revoke before',
    ],
    ['rotated', 'keep', { ...unchanged, ...elsewhere, ...cannotKeepOne }, 'reject'],
  ])('stored session: %s, action: %s, %o: %s', (which, action, rest, expected) => {
    expect(wordsOf(plan({ stored: which, action, ...rest }))).toBe(expected)
  })

  it.each<[Row['action'], boolean, Pick<CommitPlan, 'isValidated' | 'clearsLegacy'>]>([
    ['keep', false, { isValidated: false, clearsLegacy: false }],
    ['keep', true, { isValidated: true, clearsLegacy: false }],
    ['rotate', false, { isValidated: true, clearsLegacy: false }],
    ['signIn', false, { isValidated: true, clearsLegacy: true }],
    ['end', false, { isValidated: false, clearsLegacy: true }],
    ['end', true, { isValidated: true, clearsLegacy: true }],
  ])('action: %s, changed data: %s: validation and legacy cookie', (action, isChanged, expected) => {
    expect(plan({ stored: 'own', action, isChanged })).toMatchObject(expected)
  })

  it('stores the changed data, or the stored data if nothing changed', () => {
    expect(plan({ stored: 'own', action: 'signIn', isChanged: true }).step).toMatchObject({ dataText: '{"visits":1}' })
    expect(plan({ stored: 'own', action: 'signIn', isChanged: false }).step).toMatchObject({ dataText: '{}' })
  })
})

function writeOf({ isExpired, ttlMs }: KeepPlan, isChanged: boolean): string {
  if (isExpired) return 'expired'
  if (isChanged) return ttlMs === undefined ? 'update' : 'updateAndTouch'
  return ttlMs === undefined ? 'none' : 'touch'
}

describe('the write to a session that keeps its id', () => {
  const lifetimes = createLifetimes({ idleTimeoutMs: 30 * minuteMs, absoluteTimeoutMs: 60 * minuteMs })

  it.each<[kind: string, minute: number, isChanged: boolean, write: string, session: StoredSession, ttlMin?: number]>([
    ['server-backed', 10, false, 'none', storedSession()],
    ['server-backed', 10, true, 'update', storedSession()],
    ['sealed', 1, false, 'none', storedSession({ id: sealedId })],
    ['sealed', 1, true, 'update', storedSession({ id: sealedId })],
    ['sealed', 10, false, 'touch', storedSession({ id: sealedId }), 30],
    ['sealed', 10, true, 'updateAndTouch', storedSession({ id: sealedId }), 30],
    ['sealed, near the absolute timeout', 40, true, 'updateAndTouch', storedSession({ id: sealedId }), 20],
    ['sealed, past the absolute timeout', 60, false, 'none', storedSession({ id: sealedId })],
    ['sealed, past the absolute timeout', 60, true, 'expired', storedSession({ id: sealedId })],
    ['sealed and rotated', 10, false, 'none', storedSession({ id: sealedId, isReplaced: true })],
  ])('%s, minute %i, changed data %s: %s', (_, minute, isChanged, write, session, ttlMin) => {
    const nowMs = session.record.createdAtMs + minute * minuteMs
    const ttlMs = ttlMin === undefined ? undefined : ttlMin * minuteMs
    const keepPlan = planKeep(session, isChanged, lifetimes, nowMs)
    expect({ write: writeOf(keepPlan, isChanged), ttlMs: keepPlan.ttlMs }).toEqual({ write, ttlMs })
  })
})
