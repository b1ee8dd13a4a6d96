import { supportsCompare } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { race } from '../toolbox/race.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import { badJson } from '../toolbox/samples.js'
import { forEachInterleaving } from '../toolbox/interleavings.js'

const needs = ['compare'] as const

export const compareCases: readonly ConformanceCase[] = [
  defineCase('O4-declared', 'the store has updateIfUnchanged() if and only if it declares it', async (context) => {
    const { store } = await context.openRaw()
    const declared = context.harness.capabilities?.includes('compare') ?? false
    context.equal(supportsCompare(store), declared, 'whether the store has updateIfUnchanged()')
  }),

  defineCase(
    'O4-unchanged',
    'updateIfUnchanged() replaces data that are as they were read, and nothing else',
    async (context) => {
      const store = await context.open()
      const made = await context.create(store, { userId: context.userId(), dataJson: '{"a":1, "b":"é"}' })
      const before = await store.read(made.id)
      const result = await store.updateIfUnchanged(made.id, before.dataJson, '{"a":2}')
      context.equal(result.outcome, 'updated', 'the outcome')
      const after = await store.read(made.id)
      context.sameData(after.dataJson, '{"a":2}')
      context.equal(after.userId, before.userId, 'userId')
      context.equal(after.createdAtMs, before.createdAtMs, 'createdAtMs')
      context.equal(after.expiresAtMs, before.expiresAtMs, 'expiresAtMs')
    },
    { needs },
  ),

  defineCase(
    'O4-after-touch',
    'updateIfUnchanged() keeps the expiry that touch() set',
    async (context) => {
      const store = await context.open()
      const made = await context.create(store)
      const touched = await store.touch(made.id, 7_200_000)
      const before = await store.read(touched)
      await store.updateIfUnchanged(touched, before.dataJson, '{"compared":true}')
      context.equal((await store.read(touched)).expiresAtMs, before.expiresAtMs, 'expiresAtMs')
    },
    { needs },
  ),

  defineCase(
    'O4-listed',
    "a session that updateIfUnchanged() changed stays in its user's list",
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const { id, dataJson } = await context.create(store, { userId })
      const before = JSON.stringify(await store.listUserSessions(userId))
      await store.updateIfUnchanged(id, dataJson, '{"compared":true}')
      context.equal(JSON.stringify(await store.listUserSessions(userId)), before, "the user's list")
      await store.endUserSessions(userId)
      await context.gone(store, id, 'a session that was compared, updated and then ended by user')
    },
    { needs: ['compare', 'user-index'] },
  ),

  defineCase(
    'O4-changed',
    'updateIfUnchanged() resolves to "changed" if any byte of the data differs, and changes nothing',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store, { dataJson: '{"a":1}' })
      for (const expected of ['{"a":2}', '{ "a":1}', '{"a":1} ', '', '{"a":1.0}', 'not even JSON']) {
        const result = await store.updateIfUnchanged(id, expected, '{"a":3}')
        context.equal(result.outcome, 'changed', 'the outcome for other data')
      }
      context.sameData((await store.read(id)).dataJson, '{"a":1}')
    },
    { needs },
  ),

  defineCase(
    'O4-gone',
    'updateIfUnchanged() does not revive a session, and rejects invalid JSON',
    async (context) => {
      const store = await context.open()
      const doomed = await context.create(store)
      await store.delete(doomed.id)
      await context.rejects(
        store.updateIfUnchanged(doomed.id, doomed.dataJson, '{}'),
        'NotFound',
        'updateIfUnchanged() of a deleted session',
      )
      await context.gone(store, doomed.id, 'a deleted session after updateIfUnchanged()')
      const expired = await context.create(store, { ttlMs: 50 })
      await waitForEnd(context, expired)
      await context.rejects(
        store.updateIfUnchanged(expired.id, expired.dataJson, '{}'),
        'NotFound',
        'updateIfUnchanged() of an expired session',
      )
      const made = await context.create(store)
      for (const [what, dataJson] of badJson) {
        const call = store.updateIfUnchanged(made.id, made.dataJson, dataJson as string)
        await context.rejects(call, 'Invalid', `updateIfUnchanged() with ${what}`)
      }
      context.sameData((await store.read(made.id)).dataJson, made.dataJson)
    },
    { needs },
  ),

  defineCase(
    'O4-one-wins',
    'of many concurrent updateIfUnchanged() calls with the same data read, exactly one updates',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async () => {
        const { id, dataJson } = await context.create(a)
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? a : b).updateIfUnchanged(id, dataJson, `{"winner":${n}}`)),
        )
        const winners = results.flatMap(({ outcome }, n) => (outcome === 'updated' ? [n] : []))
        context.equal(winners.length, 1, 'the number of winners')
        context.sameData((await b.read(id)).dataJson, `{"winner":${winners[0]}}`)
      }, 12)
    },
    { needs },
  ),

  defineCase(
    'O4-one-wins-equal',
    'of many concurrent updateIfUnchanged() calls that write equal data, exactly one updates',
    async (context) => {
      const [a, b] = await context.openTwo()
      await race(async () => {
        const { id, dataJson } = await context.create(a)
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? a : b).updateIfUnchanged(id, dataJson, '{"equal":true}')),
        )
        const winners = results.filter(({ outcome }) => outcome === 'updated')
        context.equal(winners.length, 1, 'the number of winners')
      }, 12)
    },
    { needs },
  ),

  defineCase(
    'O4-step',
    'an updateIfUnchanged() held at any network step does not undo an update()',
    async (context) => {
      await forEachInterleaving(context, {
        held: (store, { id, dataJson }) => store.updateIfUnchanged(id, dataJson, '{"late":true}'),
        meanwhile: (store, { id }) => store.update(id, '{"newer":true}'),
        check: async (store, { id }) => context.sameData((await store.read(id)).dataJson, '{"newer":true}'),
      })
    },
    { families: ['server'], needs: ['compare', 'endpoint', 'shared-backend'] },
  ),
]
