import type { SessionId } from '@bext/session-core'
import { mintSessionId } from '@bext/session-core'
import type { CaseContext } from '../runner/case-context.js'
import type { CheckedStore } from '../runner/checked-store.js'
import type { StoreCapability } from '../runner/harness.js'

const laterMs = 7_200_000
const changed = '{"late":true}'

/** A write on a session that no other write uses. */
export interface WatchedWrite {
  readonly name: string
  readonly write: (store: CheckedStore) => Promise<unknown>
  /** Resolves to true if the write has had an effect. */
  readonly hasHappened: () => Promise<boolean>
}

interface Target {
  readonly id: SessionId
  readonly userId: string
  readonly dataJson: string
  readonly handle: string
}

type Change = readonly [
  name: string,
  needs: StoreCapability | undefined,
  write: (store: CheckedStore, target: Target) => Promise<unknown>,
]

/** Writes to a session that exists. Each changes its record, or ends it. */
const changes: readonly Change[] = [
  ['update()', undefined, (store, { id }) => store.update(id, changed)],
  ['touch()', undefined, (store, { id }) => store.touch(id, laterMs)],
  ['delete()', undefined, (store, { id }) => store.delete(id)],
  ['endUserSession()', 'user-index', (store, { userId, handle }) => store.endUserSession(userId, handle)],
  ['endUserSessions()', 'user-index', (store, { userId }) => store.endUserSessions(userId)],
  ['updateIfUnchanged()', 'compare', (store, { id, dataJson }) => store.updateIfUnchanged(id, dataJson, changed)],
  [
    'updateUserRecord()',
    'user-records',
    (store, { userId, handle, dataJson }) => store.updateUserRecord(userId, handle, dataJson, changed),
  ],
]

async function watchChange(context: CaseContext, direct: CheckedStore, [name, , write]: Change): Promise<WatchedWrite> {
  const userId = context.userId()
  const { id, dataJson } = await context.create(direct, { userId })
  const has = (capability: StoreCapability): boolean => context.harness.capabilities?.includes(capability) === true
  const listed = has('user-index')
    ? await direct.listUserSessions(userId)
    : has('user-records')
      ? await direct.listUserRecords(userId)
      : []
  const look = async (): Promise<string | undefined> => {
    const record = await context.orNotFound(direct.read(id))
    return record && JSON.stringify(context.fields(record))
  }
  const before = await look()
  const target = { id, userId, dataJson, handle: listed[0]?.handle ?? '' }
  return {
    name,
    write: (store) => write(store, target),
    hasHappened: async () => (await look()) !== before,
  }
}

/**
 * Prepares every write of the store, those of its optional interfaces too, and looks at their effects through `direct`.
 * A create() is left out if the store cannot list the sessions of a user, because its effect cannot be seen.
 */
export async function watchWrites(context: CaseContext, direct: CheckedStore): Promise<readonly WatchedWrite[]> {
  const { capabilities = [] } = context.harness
  const watched = await Promise.all(
    changes
      .filter(([, needs]) => needs === undefined || capabilities.includes(needs))
      .map((change) => watchChange(context, direct, change)),
  )
  const [userId, id] = [context.userId(), mintSessionId()]
  if (capabilities.includes('user-index')) {
    watched.push({
      name: 'create()',
      write: (store) => context.create(store, { userId }),
      hasHappened: async () => (await direct.listUserSessions(userId)).length > 0,
    })
  }
  if (capabilities.includes('given-id')) {
    watched.push({
      name: 'createWithId()',
      write: (store) => store.createWithId(id, { dataJson: context.json(), ttlMs: 60_000 }),
      hasHappened: async () => (await context.orNotFound(direct.read(id))) !== undefined,
    })
  }
  return watched
}
