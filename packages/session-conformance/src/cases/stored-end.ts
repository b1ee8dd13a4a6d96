import { mintSessionId } from '@bext/session-core'
import type { ConformanceCase, Need } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { Inconclusive } from '../runner/failure.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import type { CheckedStore } from '../runner/checked-store.js'

const ttlMs = 800
const delayMs = 3_600_000

interface Overdue {
  readonly store: CheckedStore
  readonly session: MadeSession
  readonly userId: string
  /** Handle of the session, or '' if the store lists no records. */
  readonly handle: string
}

type Create = (
  context: CaseContext,
  store: CheckedStore,
  options: { readonly userId: string; readonly ttlMs: number },
) => Promise<MadeSession>

const createAny: Create = (context, store, options) => context.create(store, options)

const createGiven: Create = async (context, store, options) => {
  const [id, dataJson, t0] = [mintSessionId(), context.json(), Date.now()]
  await store.createWithId(id, { ...options, dataJson })
  return { ...options, id, dataJson, t0, t1: Date.now() }
}

/** An expired session whose key or row the backend keeps for another hour. */
async function makeOverdue(context: CaseContext, create: Create): Promise<Overdue> {
  const namespace = context.freshNamespace()
  const store = await context.open({ namespace })
  const userId = context.userId()
  const session = await create(context, store, { userId, ttlMs })
  const listsRecords = context.harness.capabilities?.includes('user-records') ?? false
  const handle = listsRecords ? ((await store.listUserRecords(userId))[0]?.handle ?? '') : ''
  try {
    await context.bring('delayExpiry', (conditions) => conditions.delayExpiry?.(namespace, session.id, delayMs))
  } catch (error) {
    if (Date.now() < session.t0 + ttlMs) throw error
    throw new Inconclusive("The machine was too slow to delay the backend's expiry of a session before its end.")
  }
  await waitForEnd(context, session)
  return { store, session, userId, handle }
}

function storedEndCase(
  id: string,
  title: string,
  check: (context: CaseContext, overdue: Overdue) => Promise<void>,
  needs: readonly Need[] = [],
  create: Create = createAny,
): ConformanceCase {
  return defineCase(id, title, async (context) => check(context, await makeOverdue(context, create)), {
    families: ['server'],
    needs: ['delayExpiry', ...needs],
  })
}

const what = 'a session that is over, and whose expiry in the backend was moved later,'

/** The stored expiry decides, not the backend's own expiry of a key or row (R3). */
export const storedEndCases: readonly ConformanceCase[] = [
  storedEndCase(
    'R3-stored-end',
    "read() expires a session by the stored expiry, whatever the backend's own expiry is",
    (context, { store, session }) => context.gone(store, session.id, what),
  ),
  storedEndCase(
    'U3-stored-end',
    'update() does not revive a session that the backend still keeps after its stored expiry',
    async (context, { store, session: { id } }) => {
      await context.rejects(store.update(id, '{}'), 'NotFound', `updating ${what}`)
      await context.gone(store, id, `${what} after update()`)
    },
  ),
  storedEndCase(
    'T3-stored-end',
    'touch() does not revive a session that the backend still keeps after its stored expiry',
    async (context, { store, session: { id } }) => {
      await context.rejects(store.touch(id, 60_000), 'NotFound', `touching ${what}`)
      await context.gone(store, id, `${what} after touch()`)
    },
  ),
  storedEndCase(
    'O4-stored-end',
    'updateIfUnchanged() does not revive a session that the backend still keeps after its stored expiry',
    async (context, { store, session: { id, dataJson } }) => {
      await context.rejects(store.updateIfUnchanged(id, dataJson, '{}'), 'NotFound', `updateIfUnchanged() of ${what}`)
      await context.gone(store, id, `${what} after updateIfUnchanged()`)
    },
    ['compare'],
  ),
  storedEndCase(
    'O1-stored-end',
    'a list does not contain a session that the backend still keeps after its stored expiry',
    async (context, { store, userId }) => {
      context.equal((await store.listUserSessions(userId)).length, 0, "the number of the user's live sessions")
    },
    ['user-index'],
  ),
  storedEndCase(
    'O5-stored-end',
    'a session that the backend still keeps after its stored expiry is gone for lists with data and for updates by handle',
    async (context, { store, session: { id, dataJson }, userId, handle }) => {
      context.equal((await store.listUserRecords(userId)).length, 0, "the number of the user's live sessions")
      const { outcome } = await store.updateUserRecord(userId, handle, dataJson, '{}')
      context.equal(outcome, 'gone', `the outcome for ${what}`)
      await context.gone(store, id, `${what} after updateUserRecord()`)
    },
    ['user-records'],
  ),
  storedEndCase(
    'O6-stored-end',
    'createWithId() replaces a session that the backend still keeps after its stored expiry',
    async (context, { store, session: { id } }) => {
      const dataJson = context.json()
      const { outcome } = await store.createWithId(id, { dataJson, ttlMs: 60_000 })
      context.equal(outcome, 'created', `the outcome for ${what}`)
      context.sameData((await store.read(id)).dataJson, dataJson)
    },
    ['given-id'],
    createGiven,
  ),
]
