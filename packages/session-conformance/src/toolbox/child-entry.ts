import type { StoreHarness } from '../runner/harness.js'

const [url = '', namespace = ''] = process.argv.slice(2)
const { default: harness } = (await import(url)) as { default: StoreHarness }

const patienceMs = 300

function openHandles(): number {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !kind.includes('PipeWrap') && kind !== 'Timeout')
  return kinds.length
}

let afterSecond = 0

/** Counts the open handles. A socket closes some turns after it began to close, so a growth counts once it has lasted. */
async function countHandles(mustNotGrow: boolean): Promise<number> {
  const giveUpAtMs = Date.now() + patienceMs
  await new Promise((resolve) => setTimeout(resolve, 20))
  while (mustNotGrow && openHandles() > afterSecond && Date.now() < giveUpAtMs) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  afterSecond = mustNotGrow ? afterSecond : openHandles()
  return openHandles()
}

for (let round = 0; round < 10; round += 1) {
  const { store, close } = await harness.open({ namespace })
  const id = await store.create({ dataJson: '{}', ttlMs: 10_000 })
  await store.read(id)
  await store.delete(id)
  const ownClose: unknown = Reflect.get(store, 'close')
  if (typeof ownClose === 'function') await Reflect.apply(ownClose, store, [])
  await close?.()
  process.stdout.write(`handles ${await countHandles(round > 1)}\n`)
}
process.stdout.write('done\n')
