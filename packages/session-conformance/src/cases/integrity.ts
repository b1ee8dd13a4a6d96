import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import type { CaseContext } from '../runner/case-context.js'
import { alterations, reshapings, splices } from '../toolbox/tamper.js'
import { waitForEnd } from '../toolbox/lifetime.js'
import type { CheckedStore } from '../runner/checked-store.js'
import { foreignId } from '../runner/checked-store.js'

const clientOnly = { families: ['client'] } as const

async function refuses(
  context: CaseContext,
  store: CheckedStore,
  forgeries: readonly (readonly [what: string, forged: string])[],
): Promise<void> {
  for (const [what, forged] of forgeries)
    await context.rejects(store.read(foreignId(forged)), 'Invalid', `a seal with ${what}`)
}

export const integrityCases: readonly ConformanceCase[] = [
  defineCase(
    'R4-altered',
    'a sealed id with any one position altered is Invalid',
    async (context) => {
      const store = await context.open()
      // An altered long text may still be valid JSON, so that only the integrity check detects it.
      const long = JSON.stringify({ text: 'x'.repeat(400) })
      for (const dataJson of [context.json(), long]) {
        const { id } = await context.create(store, { userId: context.userId(), dataJson })
        await refuses(context, store, alterations(id))
        await store.read(id)
      }
    },
    clientOnly,
  ),

  defineCase(
    'R4-reshaped',
    'a sealed id that is cut, extended, re-encoded, or has another expiry written on it, is Invalid',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store, { userId: context.userId() })
      await refuses(context, store, reshapings(id))
    },
    clientOnly,
  ),

  defineCase(
    'R4-spliced',
    'an id made of the parts of two sealed ids is Invalid',
    async (context) => {
      const store = await context.open()
      const a = await context.create(store, { userId: context.userId() })
      const b = await context.create(store, { userId: context.userId() })
      await refuses(context, store, splices(a.id, b.id))
      await refuses(context, store, splices(await store.touch(a.id, 3_600_000), a.id))
    },
    clientOnly,
  ),

  defineCase(
    'R4-forged-write',
    'a forged id is Invalid for update() and touch(), too',
    async (context) => {
      const store = await context.open()
      const { id } = await context.create(store)
      const forgeries = [...alterations(id).filter((_, n) => n % 40 === 0), ...reshapings(id).slice(0, 10)]
      for (const [what, forged] of forgeries) {
        await context.rejects(store.update(foreignId(forged), '{}'), 'Invalid', `updating a seal with ${what}`)
        await context.rejects(store.touch(foreignId(forged), 1000), 'Invalid', `touching a seal with ${what}`)
      }
    },
    clientOnly,
  ),

  defineCase(
    'R4-expired-altered',
    'an altered id is Invalid, not NotFound, also when it has expired',
    async (context) => {
      const store = await context.open()
      const made = await context.create(store, { ttlMs: 50 })
      await waitForEnd(context, made)
      await context.gone(store, made.id, 'an expired session')
      await refuses(context, store, [...alterations(made.id).filter((_, n) => n % 7 === 0), ...reshapings(made.id)])
    },
    clientOnly,
  ),

  defineCase(
    'R4-other-key',
    'an id sealed with another secret is Invalid',
    async (context) => {
      const store = await context.open()
      const other = await context.open({ secret: 'other' })
      const mine = await context.create(store)
      const theirs = await context.create(other)
      await context.rejects(store.read(theirs.id), 'Invalid', "another secret's seal")
      await context.rejects(other.read(mine.id), 'Invalid', "the first secret's seal")
    },
    { families: ['client'], needs: ['other-secret'] },
  ),

  defineCase(
    'I1-sealed',
    'a sealed id shows neither user nor data, in any encoding',
    async (context) => {
      const store = await context.open()
      const userId = context.userId()
      const { id } = await context.create(store, { userId, dataJson: JSON.stringify({ text: 'a plain secret text' }) })
      const parts = id.split(/[*.~|:]/)
      for (const part of [id, ...parts]) {
        for (const encoding of ['base64url', 'hex', 'utf8'] as const) {
          const text = Buffer.from(part, encoding).toString('latin1')
          const shown = text.includes(userId) || text.includes('a plain secret text')
          context.ok(!shown, 'an encrypted id', 'it can be read by anyone')
        }
      }
    },
    clientOnly,
  ),
]
