import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { hardJson } from '../toolbox/samples.js'

export const fidelityCases: readonly ConformanceCase[] = [
  ...hardJson.map(([what, dataJson], n) =>
    defineCase(`R2-json-${n + 1}`, `dataJson is returned as it was stored: ${what}`, async (context) => {
      const store = await context.open()
      const { id } = await context.create(store, { dataJson })
      context.sameData((await store.read(id)).dataJson, dataJson)
      const other = await context.create(store)
      const updated = await store.update(other.id, dataJson)
      context.sameData((await store.read(updated)).dataJson, dataJson)
      const touched = await store.touch(updated, 30_000)
      context.sameData((await store.read(touched)).dataJson, dataJson)
    }),
  ),

  defineCase('R2-lone-surrogate', 'a raw lone surrogate is Invalid, or returned as it was', async (context) => {
    const store = await context.open()
    const dataJson = '{"text":"\ud800"}'
    const made = await context.orInvalid(context.create(store, { dataJson }))
    if (made !== undefined) context.sameData((await store.read(made.id)).dataJson, dataJson)
  }),

  defineCase(
    'R2-large',
    'data of 70,000 bytes of any characters are returned whole, or are Invalid',
    async (context) => {
      const store = await context.open()
      for (const character of ['x', 'é', '😀']) {
        const dataJson = JSON.stringify(character.repeat(70_000 / Buffer.byteLength(character)))
        const made = await context.orInvalid(context.create(store, { dataJson }))
        if (made !== undefined) context.sameData((await store.read(made.id)).dataJson, dataJson)
      }
    },
  ),
]
