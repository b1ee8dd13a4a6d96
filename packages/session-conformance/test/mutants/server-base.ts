import { createHash, randomBytes } from 'node:crypto'
import type {
  CloseCapability,
  CompareCapability,
  GivenIdCapability,
  SessionId,
  SessionPlugin,
  SessionRecord,
  SweepCapability,
  UserIndexCapability,
  UserRecordsCapability,
} from '@bext/session-core'
import { asSessionId, SessionError } from '@bext/session-core'
import { checkSessionId, isServerBackedId } from '@bext/session-core/store-helpers'
import type { BackendConditions, EndCondition, StoreHarness } from '../../src/index.js'
import type { Checks } from './checks.js'
import { invalid, maxDataBytes, rightChecks } from './checks.js'

export interface Row {
  readonly userId: string | undefined
  readonly dataJson: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Conditions of a backend that an administrator or its limits cause. */
export interface BackendState {
  forbidden: 'nothing' | 'everything' | 'writes'
  isFull: boolean
  /** Keys locked by another client. */
  readonly held: Set<string>
  /** The backend's own expiry of a key, if it differs from that of the row. */
  readonly ownEnds: Map<string, number>
}

/** The backend of one namespace. All its stores share it, as clients share a server. */
export interface Backend {
  readonly namespace: string
  readonly rows: Map<string, Row>
  readonly users: Map<string, Set<string>>
  readonly state: BackendState
  /** The backends of all namespaces. */
  readonly all: ReadonlyMap<string, Backend>
}

/** `grow` is a write that needs space. */
export type Access = 'read' | 'write' | 'grow'

type Whole = SessionPlugin &
  UserIndexCapability &
  SweepCapability &
  CompareCapability &
  UserRecordsCapability &
  GivenIdCapability &
  CloseCapability

/** A server-backed store as replaceable steps that call each other through one object. */
export interface ServerSteps extends Whole, Checks {
  readonly nowMs: () => number
  readonly checkOpen: () => void
  readonly timeoutMs: number
  /** Throws if the backend forbids the access, or has no space for it. */
  readonly allow: (access: Access) => void
  /** Resolves once no other client locks the key. */
  readonly enter: (key: string) => Promise<void>
  readonly mintId: () => string
  readonly isId: (id: unknown) => boolean
  readonly keyOf: (id: string) => string
  readonly endOf: (fromMs: number, ttlMs: number) => number
  readonly packData: (dataJson: string) => string
  readonly unpackData: (packed: string) => string
  readonly packUser: (userId: string | undefined) => string | undefined
  readonly isOver: (row: Row) => boolean
  /** Returns the live row of an id. Throws `Invalid` or `NotFound`. */
  readonly find: (id: SessionId) => readonly [key: string, row: Row]
  /** Stores a row if its key is free. Returns true if it was. */
  readonly insert: (key: string, row: Row) => boolean
  readonly replace: (key: string, row: Row) => void
  readonly remove: (key: string) => void
  readonly indexAdd: (userId: string, key: string) => void
  readonly indexRemove: (userId: string, key: string) => void
  readonly keysOfUser: (userId: string) => readonly string[]
  readonly toRecord: (id: SessionId, row: Row) => SessionRecord
}

export type ServerMutation = (
  right: ServerSteps,
  backend: Backend,
) => { [Step in keyof ServerSteps]?: ServerSteps[Step] | undefined }

export function notFound(): SessionError {
  return new SessionError('unknown', 'There is no such session.')
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url')

export function refused(reason: 'failed' | 'full' | 'timeout'): SessionError {
  return new SessionError(reason, 'The backend refused.', { cause: new Error('permission denied') })
}

function rightSteps(self: ServerSteps, { rows, users, state }: Backend, timeoutMs: number): ServerSteps {
  let closed = false
  return {
    ...rightChecks(self),
    name: 'mutant',
    nowMs: () => Date.now(),
    checkOpen() {
      if (closed) throw new SessionError('closed', 'The store was closed.')
    },
    timeoutMs,
    allow(access) {
      if (state.forbidden === 'everything' || (state.forbidden === 'writes' && access !== 'read'))
        throw refused('failed')
      if (access === 'grow' && state.isFull) throw refused('full')
    },
    async enter(key) {
      const giveUpAtMs = performance.now() + timeoutMs
      while (state.held.has(key)) {
        if (performance.now() > giveUpAtMs) throw refused('timeout')
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    mintId: () => randomBytes(24).toString('hex'),
    isId: (id) => (typeof id === 'string' && /^[0-9a-f]{48}$/.test(id) && !id.endsWith('\n')) || isServerBackedId(id),
    keyOf,
    endOf: (fromMs, ttlMs) => fromMs + ttlMs,
    packData: (dataJson) => dataJson,
    unpackData: (packed) => packed,
    packUser: (userId) => userId,
    isOver: ({ expiresAtMs }) => expiresAtMs <= self.nowMs(),

    find(id) {
      self.checkOpen()
      if (!self.isId(id)) throw new SessionError('malformed', 'The id is malformed.')
      self.allow('read')
      const key = self.keyOf(id)
      const row = rows.get(key)
      if (row === undefined || self.isOver(row)) throw notFound()
      return [key, row]
    },
    insert(key, row) {
      self.allow('grow')
      if (rows.has(key)) return false
      rows.set(key, row)
      if (row.userId !== undefined) self.indexAdd(row.userId, key)
      return true
    },
    replace(key, row) {
      self.allow(row.dataJson.length > (rows.get(key)?.dataJson.length ?? 0) ? 'grow' : 'write')
      rows.set(key, row)
    },
    remove(key) {
      self.allow('write')
      const userId = rows.get(key)?.userId
      rows.delete(key)
      if (userId !== undefined) self.indexRemove(userId, key)
    },
    indexAdd(userId, key) {
      users.set(userId, (users.get(userId) ?? new Set()).add(key))
    },
    indexRemove(userId, key) {
      const keys = users.get(userId)
      keys?.delete(key)
      if (keys?.size === 0) users.delete(userId)
    },
    keysOfUser(userId) {
      self.allow('read')
      return [...(users.get(userId) ?? [])]
    },
    toRecord: (id, { userId, dataJson, createdAtMs, expiresAtMs }) => ({
      id,
      userId,
      dataJson: self.unpackData(dataJson),
      createdAtMs,
      expiresAtMs,
    }),

    async create(options) {
      self.checkOpen()
      const { userId, dataJson, ttlMs } = self.checkOptions(options)
      for (;;) {
        const id = self.mintId()
        const createdAtMs = self.nowMs()
        const expiresAtMs = self.endOf(createdAtMs, ttlMs)
        const row = { userId: self.packUser(userId), dataJson: self.packData(dataJson), createdAtMs, expiresAtMs }
        if (self.insert(self.keyOf(id), row)) return asSessionId(id)
      }
    },
    async createWithId(id, options) {
      self.checkOpen()
      const key = self.keyOf(checkSessionId(id))
      const { userId, dataJson, ttlMs } = self.checkOptions(options)
      const taken = rows.get(key)
      if (taken && !self.isOver(taken)) return { outcome: 'taken' }
      const createdAtMs = self.nowMs()
      const expiresAtMs = self.endOf(createdAtMs, ttlMs)
      self.allow('grow')
      if (taken) self.remove(key)
      self.insert(key, { userId: self.packUser(userId), dataJson: self.packData(dataJson), createdAtMs, expiresAtMs })
      return { outcome: 'created' }
    },
    read: async (id) => self.toRecord(id, self.find(id)[1]),
    async update(id, dataJson) {
      const checked = self.checkData(dataJson)
      if (self.isId(id) && state.held.has(self.keyOf(id))) await self.enter(self.keyOf(id))
      const [key, row] = self.find(id)
      self.replace(key, { ...row, dataJson: self.packData(checked) })
      return id
    },
    async touch(id, ttlMs) {
      const checked = self.checkTtl(ttlMs)
      if (self.isId(id) && state.held.has(self.keyOf(id))) await self.enter(self.keyOf(id))
      const [key, row] = self.find(id)
      self.replace(key, { ...row, expiresAtMs: self.endOf(self.nowMs(), checked) })
      return id
    },
    async delete(id) {
      self.checkOpen()
      if (!self.isId(id)) return
      if (self.isId(id) && state.held.has(self.keyOf(id))) await self.enter(self.keyOf(id))
      self.remove(self.keyOf(id))
    },
    isHealthy: async () => !closed,

    async listUserSessions(userId) {
      self.checkOpen()
      return self
        .keysOfUser(userId)
        .flatMap((key) => {
          const row = rows.get(key)
          return row === undefined || self.isOver(row)
            ? []
            : [{ handle: key, createdAtMs: row.createdAtMs, expiresAtMs: row.expiresAtMs }]
        })
        .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
    },
    async listUserRecords(userId) {
      const listed = await self.listUserSessions(userId)
      // A session may have been deleted since.
      return listed.flatMap((summary) => {
        const row = rows.get(summary.handle)
        return row === undefined ? [] : [{ ...summary, dataJson: self.unpackData(row.dataJson) }]
      })
    },
    async updateUserRecord(userId, handle, expectedDataJson, dataJson) {
      self.checkOpen()
      const checked = self.checkData(dataJson)
      const row = self.keysOfUser(userId).includes(handle) ? rows.get(handle) : undefined
      if (row === undefined || self.isOver(row)) return { outcome: 'gone' }
      if (self.unpackData(row.dataJson) !== expectedDataJson) return { outcome: 'changed' }
      self.replace(handle, { ...row, dataJson: self.packData(checked) })
      return { outcome: 'updated' }
    },
    async endUserSession(userId, handle) {
      self.checkOpen()
      if (self.keysOfUser(userId).includes(handle)) self.remove(handle)
    },
    async endUserSessions(userId, { except } = {}) {
      self.checkOpen()
      const kept = except !== undefined && self.isId(except) ? self.keyOf(except) : undefined
      for (const key of self.keysOfUser(userId)) if (key !== kept) self.remove(key)
    },
    async sweep({ maxRecords = 1000 } = {}) {
      self.checkOpen()
      if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) throw invalid('maxRecords must be a positive integer.')
      self.allow('read')
      const over = [...rows].filter(([, row]) => self.isOver(row)).map(([key]) => key)
      for (const key of over.slice(0, maxRecords)) self.remove(key)
      return { removed: Math.min(over.length, maxRecords), more: over.length > maxRecords }
    },
    async updateIfUnchanged(id, expectedDataJson, dataJson) {
      const checked = self.checkData(dataJson)
      if (self.isId(id) && state.held.has(self.keyOf(id))) await self.enter(self.keyOf(id))
      const [key, row] = self.find(id)
      if (self.unpackData(row.dataJson) !== expectedDataJson) return { outcome: 'changed' }
      self.replace(key, { ...row, dataJson: self.packData(checked) })
      return { outcome: 'updated', id }
    },
    async close() {
      closed = true
    },
  }
}

function serverStore(backend: Backend, timeoutMs: number, mutate: ServerMutation | undefined): SessionPlugin {
  const steps = {} as ServerSteps
  const right = rightSteps(steps, backend, timeoutMs)
  return Object.assign(steps, right, mutate?.({ ...right }, backend))
}

function conditionsOf(stateOf: (namespace: string) => BackendState): BackendConditions {
  function forbid(namespace: string, what: BackendState['forbidden']): EndCondition {
    stateOf(namespace).forbidden = what
    return () => void (stateOf(namespace).forbidden = 'nothing')
  }
  return {
    forbid: {
      'no rights': (namespace) => forbid(namespace, 'everything'),
      'read-only': (namespace) => forbid(namespace, 'writes'),
    },
    fill(namespace) {
      stateOf(namespace).isFull = true
      return () => void (stateOf(namespace).isFull = false)
    },
    hold(namespace, ids) {
      const { held } = stateOf(namespace)
      for (const id of ids) held.add(keyOf(id))
      return () => held.clear()
    },
    delayExpiry(namespace, id, byMs) {
      stateOf(namespace).ownEnds.set(keyOf(id), Date.now() + byMs)
      return () => undefined
    },
  }
}

export interface ServerHarnessOptions extends Partial<StoreHarness> {
  /** Returns the namespace whose backend serves a namespace. */
  readonly placeOf?: (namespace: string) => string
}

/** Makes a harness of the correct store, changed by `mutate` if given. */
export function serverHarness(name: string, mutate?: ServerMutation, options: ServerHarnessOptions = {}): StoreHarness {
  const { placeOf = (namespace: string) => namespace, ...rest } = options
  const all = new Map<string, Backend>()
  function backendOf(namespace: string): Backend {
    const place = placeOf(namespace)
    const state: BackendState = { forbidden: 'nothing', isFull: false, held: new Set(), ownEnds: new Map() }
    const backend = all.get(place) ?? { namespace: place, rows: new Map(), users: new Map(), state, all }
    all.set(place, backend)
    return backend
  }
  return {
    name,
    family: 'server',
    capabilities: ['user-index', 'sweep', 'compare', 'close', 'user-records', 'given-id'],
    declarations: { maxDataBytes },
    open: ({ namespace, timeoutMs = 2000 }) => ({ store: serverStore(backendOf(namespace), timeoutMs, mutate) }),
    async inspect(namespace) {
      const { rows, users } = backendOf(namespace)
      return [...rows, ...Array.from(users, ([userId, keys]) => [userId, ...keys])].map((kept) => JSON.stringify(kept))
    },
    conditions: conditionsOf((namespace) => backendOf(namespace).state),
    ...rest,
  }
}
