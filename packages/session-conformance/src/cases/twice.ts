import { mintSessionId } from '@bext/session-core'
import type { ConformanceCase, Need } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { LostReplyRace, LostReplyScene } from '../toolbox/lost-replies.js'
import { forEachLostReply } from '../toolbox/lost-replies.js'

const laterMs = 7_200_000

function twiceCase<Result>(
  id: string,
  title: string,
  race: LostReplyRace<Result>,
  needs: readonly Need[] = [],
): ConformanceCase {
  return defineCase(id, title, (context) => forEachLostReply(context, race), {
    families: ['server'],
    needs: ['endpoint', ...needs],
  })
}

async function isGone({ context, store, session: { id } }: LostReplyScene): Promise<void> {
  await context.gone(store, id, 'a session that was ended by a command that was delivered twice')
}

/** A command that the driver or the network delivers twice has the outcome and the effect of one (E6). */
export const twiceCases: readonly ConformanceCase[] = [
  twiceCase('E6-twice-create', 'a create() whose command is delivered twice creates one session', {
    repeats: false,
    async call({ context, store }) {
      const [userId, dataJson] = [context.userId(), context.json()]
      return { userId, dataJson, id: await store.create({ userId, dataJson, ttlMs: 60_000 }) }
    },
    async check({ context, store }, made) {
      if (made === undefined) return
      const record = await store.read(made.id)
      context.sameData(record.dataJson, made.dataJson)
      context.equal(record.userId, made.userId, 'userId')
      if (context.harness.capabilities?.includes('user-index') !== true) return
      context.equal((await store.listUserSessions(made.userId)).length, 1, "the number of the user's sessions")
    },
  }),

  twiceCase(
    'E6-twice-given-id',
    'a createWithId() whose command is delivered twice does not mistake its own session for another one with the id',
    {
      repeats: false,
      async call({ context, store }) {
        const [id, userId, dataJson] = [mintSessionId(), context.userId(), context.json()]
        return { id, userId, dataJson, result: await store.createWithId(id, { userId, dataJson, ttlMs: 60_000 }) }
      },
      async check({ context, store }, made) {
        if (made === undefined) return
        context.equal(made.result.outcome, 'created', 'the outcome')
        const record = await store.read(made.id)
        context.sameData(record.dataJson, made.dataJson)
        context.equal(record.userId, made.userId, 'userId')
      },
    },
    ['given-id'],
  ),

  twiceCase('E6-twice-update', 'an update() whose command is delivered twice has the effect of one', {
    repeats: true,
    call: ({ store, session: { id } }) => store.update(id, '{"delivered":"twice"}'),
    async check({ context, store, session }) {
      const record = await store.read(session.id)
      context.sameData(record.dataJson, '{"delivered":"twice"}')
      context.equal(record.userId, session.userId, 'userId')
      context.equal(record.expiresAtMs - record.createdAtMs, session.ttlMs, 'the lifetime after update()')
    },
  }),

  twiceCase('E6-twice-touch', 'a touch() whose command is delivered twice has the effect of one', {
    repeats: true,
    call: ({ store, session: { id } }) => store.touch(id, laterMs),
    async check({ context, store, session }) {
      const { expiresAtMs, dataJson } = await store.read(session.id)
      context.sameData(dataJson, session.dataJson)
      const tolerance = context.skewMs + context.granularityMs
      context.ok(
        expiresAtMs >= session.t1 + laterMs - tolerance && expiresAtMs <= Date.now() + laterMs + tolerance,
        'touch() to set the end to now + ttlMs',
        'the end is another one',
      )
    },
  }),

  twiceCase('E6-twice-delete', 'a delete() whose command is delivered twice deletes the session and leaves no trace', {
    repeats: true,
    call: ({ store, session: { id } }) => store.delete(id),
    check: isGone,
  }),

  twiceCase(
    'E6-twice-compare',
    "an updateIfUnchanged() whose command is delivered twice does not take its own write for another's",
    {
      repeats: false,
      call: ({ store, session: { id, dataJson } }) => store.updateIfUnchanged(id, dataJson, '{"delivered":"twice"}'),
      async check({ context, store, session: { id } }, result) {
        if (result === undefined) return
        context.equal(result.outcome, 'updated', 'the outcome')
        context.sameData((await store.read(id)).dataJson, '{"delivered":"twice"}')
      },
    },
    ['compare'],
  ),

  twiceCase(
    'E6-twice-user-record',
    "an updateUserRecord() whose command is delivered twice does not take its own write for another's",
    {
      repeats: false,
      async call({ store, session: { userId, dataJson } }) {
        const handle = (await store.listUserRecords(userId))[0]?.handle ?? ''
        return store.updateUserRecord(userId, handle, dataJson, '{"delivered":"twice"}')
      },
      async check({ context, store, session: { id } }, result) {
        if (result === undefined) return
        context.equal(result.outcome, 'updated', 'the outcome')
        context.sameData((await store.read(id)).dataJson, '{"delivered":"twice"}')
      },
    },
    ['user-records'],
  ),

  twiceCase(
    'E6-twice-end',
    "ending a user's session by its handle, delivered twice, ends it and leaves no trace",
    {
      repeats: true,
      async call({ store, session: { userId } }) {
        const [listed] = await store.listUserSessions(userId)
        if (listed !== undefined) await store.endUserSession(userId, listed.handle)
      },
      check: isGone,
    },
    ['user-index'],
  ),

  twiceCase(
    'E6-twice-end-all',
    "ending all of a user's sessions, delivered twice, ends them and leaves no trace",
    {
      repeats: true,
      call: ({ store, session: { userId } }) => store.endUserSessions(userId),
      check: isGone,
    },
    ['user-index'],
  ),
]
