import { randomUUID } from 'node:crypto'
import type { StoreHarness } from '../../src/index.js'
import type { ClientSteps, Fields } from './client-base.js'
import { clientHarness } from './client-base.js'
import type { Mutant } from './mutant.js'
import { turn } from './mutant.js'
import { notFound } from './server-base.js'

interface Named extends Fields {
  readonly serial?: string
  readonly issuedAtMs?: number
}

/** Revocations that instances of one namespace share: start and end of the revocation of each name. */
type Memory = Map<string, { readonly untilMs: number; readonly sinceMs: number }>

interface Revocable {
  /** Returns the name under which the session is revoked. */
  readonly nameOf: (fields: Named, id: string) => string
  /** Returns the fields of the next id. */
  readonly inherit: (fields: Named) => Named
  readonly keepUntilMs: (fields: Named) => number
  readonly isEnded: (fields: Named, end: { readonly sinceMs: number }) => boolean
  readonly asks: (call: 'read' | 'update' | 'touch') => boolean
  readonly remembers: boolean
  readonly shared: boolean
}

const right: Revocable = {
  nameOf: ({ serial = '' }) => serial,
  inherit: (fields) => ({ serial: randomUUID(), ...fields }),
  keepUntilMs: () => Number.POSITIVE_INFINITY,
  isEnded: () => true,
  asks: () => true,
  remembers: true,
  shared: true,
}

function revocableSteps(steps: ClientSteps, memory: Memory, how: Revocable): Partial<ClientSteps> {
  function find(call: 'read' | 'update' | 'touch', id: string): Fields {
    const fields: Named = steps.find(id as never)
    const end = memory.get(how.nameOf(fields, id))
    const isRemembered = end !== undefined && steps.nowMs() < end.untilMs
    if (isRemembered && how.asks(call) && how.isEnded(fields, end)) throw notFound()
    return fields
  }
  const issue = (fields: Fields) => steps.issue({ ...how.inherit(fields), issuedAtMs: performance.now() } as Fields)

  return {
    issue,
    async read(id) {
      const { userId, dataJson, createdAtMs, expiresAtMs } = find('read', id)
      return { id, userId, dataJson, createdAtMs, expiresAtMs }
    },
    async update(id, dataJson) {
      const checked = steps.checkData(dataJson)
      const found = find('update', id)
      await turn()
      return issue({ ...found, dataJson: checked })
    },
    async touch(id, ttlMs) {
      const checked = steps.checkTtl(ttlMs)
      return issue({ ...find('touch', id), expiresAtMs: steps.endOf(steps.nowMs(), checked) })
    },
    async delete(id) {
      if (!how.remembers) return
      try {
        const fields: Named = find('read', id)
        memory.set(how.nameOf(fields, id), { untilMs: how.keepUntilMs(fields), sinceMs: performance.now() })
      } catch {
        // An id that cannot be opened need not be revoked.
      }
    },
  }
}

/** Makes a harness of a client-backed store with revocation, changed by `wrong` if given. */
export function revocableHarness(name: string, wrong: Partial<Revocable> = {}): StoreHarness {
  const how = { ...right, ...wrong }
  const memories = new Map<string, Memory>()
  return clientHarness(name, undefined, {
    declarations: { otherSecret: true, revocation: true },
    open(options) {
      const memory: Memory = (how.shared ? memories.get(options.namespace) : undefined) ?? new Map()
      memories.set(options.namespace, memory)
      return clientHarness(name, (steps) => revocableSteps(steps, memory, how)).open(options)
    },
  })
}

function mutant(described: Omit<Mutant, 'make'>, wrong: Partial<Revocable>): Mutant {
  return { ...described, make: () => revocableHarness(described.name, wrong) }
}

export const revocationMutants: readonly Mutant[] = [
  mutant(
    {
      name: 'a revocation is not stored',
      rule: 'R3',
      breaks: 'It declares revocation, and its delete() still has no effect.',
      caughtBy: ['R3-revoked', 'U3-revoked', 'T3-revoked', 'D2-revoked-ids', 'D2-revoked-longest', 'R6-model'],
    },
    { remembers: false },
  ),
  mutant(
    {
      name: 'a revocation is stored in one instance',
      rule: 'R3',
      breaks: 'Each process has a separate list.',
      caughtBy: ['R3-revoked', 'D2-revoked-ids'],
    },
    { shared: false },
  ),
  mutant(
    {
      name: 'update() does not check revocations',
      rule: 'U3',
      breaks: 'Only read() checks for a revocation.',
      caughtBy: ['U3-revoked'],
    },
    { asks: (call) => call !== 'update' },
  ),
  mutant(
    {
      name: 'touch() does not check revocations',
      rule: 'T3',
      breaks: 'Only read() and update() check for a revocation.',
      caughtBy: ['T3-revoked'],
    },
    { asks: (call) => call !== 'touch' },
  ),
  mutant(
    {
      name: 'delete() revokes one id, not the session',
      rule: 'D2',
      breaks: 'It stores a list of revoked ids.',
      caughtBy: ['D2-revoked-ids', 'D2-revoked-longest', 'R6-model'],
    },
    { nameOf: (_fields, id) => id },
  ),
  mutant(
    {
      name: 'each id has another revocation key',
      rule: 'D2',
      breaks: 'Each id gets a new serial number, as tokens do.',
      caughtBy: ['D2-revoked-ids', 'U4-revoked-duel'],
    },
    { inherit: (fields) => ({ ...fields, serial: randomUUID() }) },
  ),
  mutant(
    {
      name: 'a revocation expires with the id passed to delete()',
      rule: 'D2',
      breaks: 'It stores the revocation until the expiry of the passed id, but another id is valid longer.',
      caughtBy: ['D2-revoked-longest'],
    },
    { keepUntilMs: ({ expiresAtMs }) => expiresAtMs },
  ),
  mutant(
    {
      name: 'an end of what was issued before it',
      rule: 'U4',
      breaks: 'It stores the time of the revocation, and an update() in flight issues its id a moment later.',
      caughtBy: ['U4-revoked-tick'],
    },
    { isEnded: ({ issuedAtMs = 0 }, { sinceMs }) => issuedAtMs <= sinceMs },
  ),
]
