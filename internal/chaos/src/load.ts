import { hashSessionId } from '@bext/session-core/store-helpers'
import { createCaller, untilAnswered } from './caller.js'
import type { Random } from './random.js'
import type { Span } from './versioned-value.js'
import { countViolation, type Counts, type Violation } from './report.js'
import type { ChaosStore } from './scenario.js'
import { dataOf, modelSession, newTtlMs, type SessionModel } from './session-model.js'

const sessionCount = 200
const userCount = 10
const rememberedCount = 1000

/** A load on a store that runs until `stop` and checks every result. */
export interface Load {
  /** Creates the initial sessions. Resolves once they exist. */
  start(): Promise<void>
  /** Resolves once the calls in flight have ended. */
  stop(): Promise<void>
  /** Checks all sessions once more, after the load has stopped. */
  checkAll(): Promise<void>
}

interface LoadOptions {
  readonly store: ChaosStore
  readonly inFlight: number
  readonly random: Random
  readonly counts: Counts
  /** Returns true if the backend itself may have lost writes between these times. */
  readonly isTolerated: (fromMs: number, toMs: number) => boolean
}

const violationOf = {
  foreign: 'foreign data',
  lost: 'write lost',
  late: 'late effect',
  revived: 'session revived',
  vanished: 'session vanished',
} as const satisfies Record<string, Violation>

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Creates a load, which begins with `start`. */
export function createLoad({ store, inFlight, random, counts, isTolerated }: LoadOptions): Load {
  const { call, stop: stopCaller } = createCaller(counts)
  const live: SessionModel[] = []
  const ended: SessionModel[] = []
  const failedCreates: { readonly userId: string; readonly fromMs: number; readonly toMs: number }[] = []
  // Other loads leave sessions on the same backend.
  const loadId = crypto.randomUUID()
  const userOf = (user: number): string => `${loadId}-${user}`
  const unhandled = (): void => countViolation(counts, 'unhandled rejection', 'see above')
  let workers: Promise<unknown> = Promise.resolve()
  let stopped = false
  let sessions = 0

  function check(
    name: string,
    anomalies: readonly { readonly kind: keyof typeof violationOf; readonly sinceMs: number }[],
    span: Span,
  ): void {
    for (const { kind, sinceMs } of anomalies) {
      const since = `${name} at ${Math.round(span.startMs)} ms contradicts what held since ${Math.round(sinceMs)} ms`
      countViolation(counts, violationOf[kind], since, kind !== 'foreign' && isTolerated(sinceMs, span.endMs))
    }
  }

  function retire(model: SessionModel): void {
    const place = live.indexOf(model)
    if (place === -1) return
    live.splice(place, 1)
    ended.push(model)
    if (ended.length > rememberedCount) ended.splice(random.below(rememberedCount), 1)
  }

  function absent(name: string, model: SessionModel, span: Span): void {
    check(name, model.absent(span), span)
    retire(model)
  }

  async function create(): Promise<void> {
    const number = sessions++
    const userId = random.below(2) === 0 ? userOf(random.below(userCount)) : undefined
    const fromMs = Date.now()
    const options = { userId, dataJson: dataOf(number, 0), ttlMs: newTtlMs }
    const outcome = await call('create', () => store.create(options))
    if (outcome.kind === 'done') live.push(modelSession(number, outcome.value, userId, outcome.span))
    else if (userId !== undefined) failedCreates.push({ userId, fromMs, toMs: Date.now() })
  }

  async function read(model: SessionModel): Promise<void> {
    const outcome = await call('read', () => store.read(model.id))
    if (outcome.kind === 'done') check('read', model.present(outcome.value, outcome.span), outcome.span)
    else if (outcome.kind === 'absent') absent('read', model, outcome.span)
  }

  async function update(model: SessionModel): Promise<void> {
    const value = model.data.begin(performance.now())
    const outcome = await call('update', () => store.update(model.id, model.dataJson(value)))
    if (outcome.kind === 'absent') {
      model.data.withdraw(value)
      absent('update', model, outcome.span)
    } else {
      model.data.end(value, outcome.kind === 'done' ? 'acknowledged' : 'failed', outcome.span.endMs)
      if (outcome.kind === 'done') check('update', model.alive(outcome.span), outcome.span)
    }
  }

  async function touch(model: SessionModel): Promise<void> {
    const { value, ttlMs } = model.beginTouch(performance.now())
    const outcome = await call('touch', () => store.touch(model.id, ttlMs))
    if (outcome.kind === 'absent') {
      model.life.withdraw(value)
      absent('touch', model, outcome.span)
    } else {
      model.life.end(value, outcome.kind === 'done' ? 'acknowledged' : 'failed', outcome.span.endMs)
      if (outcome.kind === 'done') check('touch', model.alive(outcome.span), outcome.span)
    }
  }

  async function remove(model: SessionModel): Promise<void> {
    if (model.ending) return
    model.ending = true
    const outcome = await call('delete', () => store.delete(model.id))
    model.endDelete(outcome.kind === 'done' ? 'acknowledged' : 'failed', outcome.span)
    if (outcome.kind === 'done') retire(model)
  }

  async function act(): Promise<void> {
    const share = random.next()
    if (live.length === 0) return create()
    if (share < 0.05) {
      // While the backend is down, deletes fail at once. Without this limit, every session would soon have had one.
      const kept = live.filter((model) => model.isKept())
      return kept.length < sessionCount || random.below(2) === 0 ? create() : remove(random.pick(kept))
    }
    if (share < 0.1) return touch(random.pick(live))
    if (share < 0.25) return update(random.pick(live))
    if (share < 0.3 && ended.length > 0) return read(random.pick(ended))
    return read(random.pick(live))
  }

  async function work(): Promise<void> {
    while (!stopped) {
      await act()
      for (let left = random.below(4); left > 0; left--) await turn()
    }
  }

  async function checkListed(userId: string): Promise<void> {
    const summaries = await untilAnswered(() => store.listUserSessions(userId))
    const listed = new Map(summaries.map((summary) => [summary.handle, summary]))
    for (const model of live.filter((candidate) => candidate.userId === userId && candidate.isKept())) {
      // A session that the backend lost is missing here, too. The read has already counted it.
      if (!listed.has(hashSessionId(model.id))) {
        countViolation(counts, 'session not listed', 'a live session of a user', isTolerated(0, performance.now()))
      }
    }
    const known = new Set([...live, ...ended].map(({ id }) => hashSessionId(id)))
    for (const { handle, createdAtMs } of listed.values()) {
      if (known.has(handle)) continue
      // It was created by a create that was reported as failed, or the load no longer tracks it.
      const failure = failedCreates.find(
        ({ userId: creator, fromMs, toMs }) =>
          creator === userId && fromMs - 5 <= createdAtMs && createdAtMs <= toMs + 5,
      )
      if (failure === undefined) {
        const tolerated = isTolerated(0, performance.now())
        const offsets = failedCreates
          .filter(({ userId: creator }) => creator === userId)
          .map(
            ({ fromMs, toMs }) => `${createdAtMs - fromMs} ms after the start and ${createdAtMs - toMs} after the end`,
          )
        const detail = `a listed session was created ${offsets.join(', ')} of a create that failed`
        countViolation(counts, 'late effect', detail, tolerated)
      }
    }
  }

  return {
    async start() {
      process.on('unhandledRejection', unhandled)
      await Promise.all(Array.from({ length: sessionCount }, create))
      workers = Promise.all(Array.from({ length: inFlight }, work))
    },
    async stop() {
      stopped = true
      await workers
    },
    async checkAll() {
      const all = [...live, ...ended]
      for (let from = 0; from < all.length; from += inFlight) {
        await Promise.all(all.slice(from, from + inFlight).map(read))
      }
      for (let user = 0; user < userCount; user++) await checkListed(userOf(user))
      // Node reports an unhandled rejection after the turn in which it occurred.
      await turn()
      process.off('unhandledRejection', unhandled)
      stopCaller()
    },
  }
}
