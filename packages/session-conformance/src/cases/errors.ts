import type { SessionRecord } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext, MadeSession } from '../runner/case-context.js'
import { ConformanceFailure } from '../runner/failure.js'
import {
  faults,
  faultTimeoutMs,
  openBoth,
  rejectsBackend,
  untilItWorks,
  untilRecovered,
  writes,
} from '../toolbox/faulty-backend.js'
import { settleWithin } from '../runner/with-timeout.js'
import { foreignId } from '../runner/checked-store.js'

const networked = { families: ['server'], needs: ['endpoint', 'shared-backend'] } as const

/** Fails with E2 if a session has ended or has other data, although each write to it was reported as failed. */
function checkUnchanged(
  context: CaseContext,
  { dataJson }: MadeSession,
  after: SessionRecord | undefined,
  what: string,
): void {
  const expected = `${what} to have no effect later`
  if (after === undefined) throw new ConformanceFailure(expected, 'the session is gone', 'E2')
  context.ok(context.isSameData(after.dataJson, dataJson), expected, 'the session has other data', 'E2')
}

export const errorCases: readonly ConformanceCase[] = [
  ...faults.map(([fault, begin]) =>
    defineCase(
      `E2-zombie-${fault}`,
      `a write that failed while the backend ${fault} has no effect later`,
      async (context) => {
        const { proxy, broken, direct } = await openBoth(context)
        const kept = await Promise.all(
          writes.map(() => context.create(direct, { userId: context.userId(), ttlMs: 600_000 })),
        )
        const doomed = await Promise.all(writes.map(() => context.create(direct, { userId: context.userId() })))
        const before = await Promise.all(kept.map(({ id }) => direct.read(id)))
        begin(proxy)
        context.trace.add(`the backend ${fault}`)
        await Promise.all(
          writes.flatMap(([name, write], n) =>
            [kept[n], doomed[n]].map((session) =>
              rejectsBackend(write(broken, session as MadeSession), `${name} while the backend ${fault}`),
            ),
          ),
        )
        for (const { id } of doomed) await direct.delete(id)
        proxy.restore()
        context.trace.add('the backend is back')
        await untilRecovered(context, broken)
        for (const { id } of doomed)
          await context.gone(direct, id, 'a session that was deleted after its write had failed')
        for (const [n, session] of kept.entries()) {
          const after = await context.orNotFound(direct.read(session.id))
          const name = writes[n]?.[0] ?? ''
          checkUnchanged(context, session, after, `${name} that failed while the backend ${fault}`)
          context.equal(after?.expiresAtMs, before[n]?.expiresAtMs, `expiresAtMs after a failed ${name}`)
        }
      },
      networked,
    ),
  ),

  defineCase(
    'E2-zombie-create',
    'a create() that failed creates no session later',
    async (context) => {
      const { proxy, broken, direct } = await openBoth(context)
      const userId = context.userId()
      for (const [fault, begin] of faults) {
        begin(proxy)
        await rejectsBackend(context.create(broken, { userId }), `create() while the backend ${fault}`)
        proxy.restore()
        await untilRecovered(context, broken)
        context.equal((await direct.listUserSessions(userId)).length, 0, "the number of the user's sessions")
      }
    },
    { families: ['server'], needs: ['endpoint', 'shared-backend', 'user-index'] },
  ),

  ...faults.map(([fault, begin]) =>
    defineCase(
      `E4-not-gone-${fault}`,
      `no session is NotFound because the backend ${fault}, and every call settles within its deadline`,
      async (context) => {
        const { proxy, broken, direct } = await openBoth(context)
        const session = await context.create(direct, { userId: context.userId() })
        begin(proxy)
        const startedAtMs = performance.now()
        await Promise.all([
          rejectsBackend(broken.read(session.id), 'read()'),
          rejectsBackend(context.create(broken), 'create()'),
          ...writes.map(([name, write]) => rejectsBackend(write(broken, session), name)),
        ])
        const tookMs = performance.now() - startedAtMs
        context.ok(
          tookMs <= faultTimeoutMs + context.slackMs,
          `every call to end within ${faultTimeoutMs} ms`,
          `they took ${Math.round(tookMs)} ms`,
        )
        proxy.restore()
        await untilRecovered(context, broken)
        const after = await context.orNotFound(direct.read(session.id))
        checkUnchanged(context, session, after, `calls that failed while the backend ${fault}`)
        context.sameData(
          (await untilItWorks(context, broken, () => broken.read(session.id))).dataJson,
          session.dataJson,
        )
      },
      networked,
    ),
  ),

  defineCase(
    'E5-from-the-start',
    'a store opened without its backend rejects with Backend in time, and works once the backend runs',
    async (context) => {
      const proxy = await context.openProxy()
      proxy.refuse()
      const opening = await settleWithin(
        context.open({ endpoint: proxy.endpoint, timeoutMs: faultTimeoutMs }),
        faultTimeoutMs + context.slackMs,
      )
      if (opening.state !== 'resolved') {
        throw new ConformanceFailure('a store to open without its backend', 'open() failed or hung')
      }
      const store = opening.value
      context.equal(await store.isHealthy(), false, 'isHealthy()')
      await rejectsBackend(context.create(store), 'create()')
      proxy.restore()
      await untilRecovered(context, store)
    },
    { families: ['server'], needs: ['endpoint'] },
  ),

  defineCase(
    'E2-reset',
    'calls whose connection is reset succeed or reject with Backend, and later calls work',
    async (context) => {
      const { proxy, broken, direct } = await openBoth(context)
      const session = await context.create(direct)
      for (let n = 0; n < 5; n += 1) {
        proxy.stall()
        const calls: readonly Promise<unknown>[] = [
          broken.read(session.id),
          broken.update(session.id, `{"n":${n}}`),
          broken.touch(session.id, 90_000),
        ]
        const ends = calls.map((call) => settleWithin(call, faultTimeoutMs + 2 * context.slackMs))
        proxy.restore()
        proxy.reset()
        for (const settled of await Promise.all(ends)) {
          if (settled.state === 'rejected')
            await rejectsBackend(Promise.reject(settled.error), 'a call that was cut off')
        }
        await untilRecovered(context, broken)
      }
      await direct.read(session.id)
    },
    networked,
  ),

  defineCase('E3-tells-nothing', 'no error contains an id, a user id or data', async (context) => {
    const store = await context.open()
    const userId = context.userId()
    const dataJson = context.json()
    const { id } = await context.create(store, { userId, dataJson })
    // Every error is searched for the ids, user ids and data of the case.
    await context.rejects(
      store.create({ userId, dataJson: `${dataJson},`, ttlMs: 1000 }),
      'Invalid',
      'create() with bad JSON',
    )
    await context.rejects(store.create({ userId, dataJson, ttlMs: 0 }), 'Invalid', 'create() with ttlMs 0')
    await context.rejects(store.update(id, `${dataJson}]`), 'Invalid', 'update() with bad JSON')
    await context.rejects(store.touch(id, -1), 'Invalid', 'touch() with ttlMs -1')
    const codes = ['NotFound', 'Invalid'] as const
    for (const other of [`${id}A`, ` ${id}`, `${id.slice(0, -1)}*`]) {
      await context.rejects(store.read(foreignId(other)), codes, 'reading an id with a character more or less')
      await context.rejects(store.update(foreignId(other), dataJson), codes, 'updating it')
      await context.rejects(store.touch(foreignId(other), 1000), codes, 'touching it')
    }
    if (context.harness.family === 'client') return
    await store.delete(id)
    await context.gone(store, id, 'a deleted session')
    await context.rejects(store.update(id, dataJson), 'NotFound', 'updating a deleted session')
    await context.rejects(store.touch(id, 1000), 'NotFound', 'touching a deleted session')
  }),

  defineCase(
    'E1-closed',
    'calls after close() reject with Backend',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(await context.open())
      await store.close()
      for (const [name, call] of [
        ['create()', () => store.create({ dataJson: '{}', ttlMs: 1000 })],
        ['read()', () => store.read(id)],
        ['update()', () => store.update(id, '{}')],
        ['touch()', () => store.touch(id, 1000)],
      ] as const) {
        await context.rejects(call(), 'Backend', `${name} after close()`)
      }
    },
    { needs: ['close'] },
  ),
]
