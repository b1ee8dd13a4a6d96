import type { StoreHarness } from '../runner/harness.js'

const [url = '', namespace = ''] = process.argv.slice(2)
const { default: harness } = (await import(url)) as { default: StoreHarness }

for (let round = 0; round < 10; round += 1) {
  const { store, close } = await harness.open({ namespace })
  const id = await store.create({ dataJson: '{}', ttlMs: 10_000 })
  await store.read(id)
  await store.delete(id)
  const ownClose: unknown = Reflect.get(store, 'close')
  if (typeof ownClose === 'function') await Reflect.apply(ownClose, store, [])
  await close?.()
  // A socket emits `close` one turn of the event loop after it was closed.
  await new Promise((resolve) => setTimeout(resolve, 20))
  const open = process.getActiveResourcesInfo().filter((kind) => !kind.includes('PipeWrap') && kind !== 'Timeout')
  process.stdout.write(`handles ${open.length}\n`)
}
process.stdout.write('done\n')
