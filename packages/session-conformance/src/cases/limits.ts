import { isSessionError } from '@bext/session-core'
import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { ConformanceFailure } from '../runner/failure.js'

/** JSON text of exactly so many bytes. */
function jsonOfBytes(bytes: number): string {
  return JSON.stringify('x'.repeat(bytes - 2))
}

/** Returns the result, or undefined if the call was rejected as too large, naming size and limit (contract L1). */
async function orTooLarge<T>(call: Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (!isSessionError(error)) throw error
    if (error.code !== 'Invalid' || error.reason !== 'too_large') {
      throw new ConformanceFailure(`${what} to be Invalid, too_large`, `it was ${error.code}, ${error.reason}`)
    }
    const numbers = error.message.match(/\d+/g) ?? []
    if (numbers.length < 2) {
      throw new ConformanceFailure('a message with the size and the limit', 'it does not name both')
    }
    return undefined
  }
}

async function rejectsTooLarge(call: Promise<unknown>, what: string): Promise<void> {
  if ((await orTooLarge(call, what)) === undefined) return
  throw new ConformanceFailure(`${what} to be Invalid, too_large`, 'it resolved')
}

const limitCases = [4096, 65_536, 200_000, 1_048_577, 4_194_304]

export const limitsCases: readonly ConformanceCase[] = [
  ...limitCases.map((bytes) =>
    defineCase(
      `L1-${bytes}-bytes`,
      `data of ${bytes} bytes are stored whole, or are Invalid and the session is unchanged`,
      async (context) => {
        const store = await context.open()
        const big = jsonOfBytes(bytes)
        const created = await orTooLarge(context.create(store, { dataJson: big }), `create() with ${bytes} bytes`)
        if (created !== undefined) context.sameData((await store.read(created.id)).dataJson, big)
        const made = await context.create(store, { userId: context.userId() })
        const updated = await orTooLarge(store.update(made.id, big), `update() with ${bytes} bytes`)
        const after = await store.read(updated ?? made.id)
        context.sameData(after.dataJson, updated === undefined ? made.dataJson : big)
      },
    ),
  ),

  defineCase(
    'L1-declared',
    'data over the declared maxDataBytes are Invalid; data of exactly that size are stored',
    async (context) => {
      const { maxDataBytes } = context.harness.declarations ?? {}
      if (maxDataBytes === undefined) return
      const store = await context.open()
      const fits = jsonOfBytes(maxDataBytes)
      const { id } = await context.create(store, { dataJson: fits })
      context.sameData((await store.read(id)).dataJson, fits)
      const wide = JSON.stringify('é'.repeat(Math.ceil(maxDataBytes / 2)))
      for (const dataJson of [jsonOfBytes(maxDataBytes + 1), wide]) {
        await rejectsTooLarge(store.create({ dataJson, ttlMs: 60_000 }), 'create() over the limit')
        await rejectsTooLarge(store.update(id, dataJson), 'update() over the limit')
      }
      context.sameData((await store.read(id)).dataJson, fits)
    },
  ),

  defineCase(
    'L1-compare',
    'data over the declared maxDataBytes are Invalid for updateIfUnchanged()',
    async (context) => {
      const { maxDataBytes } = context.harness.declarations ?? {}
      if (maxDataBytes === undefined) return
      const store = await context.open()
      const { id, dataJson } = await context.create(store)
      const call = store.updateIfUnchanged(id, dataJson, jsonOfBytes(maxDataBytes + 1))
      await rejectsTooLarge(call, 'updateIfUnchanged() over the limit')
      context.sameData((await store.read(id)).dataJson, dataJson)
    },
    { needs: ['compare'] },
  ),
]
