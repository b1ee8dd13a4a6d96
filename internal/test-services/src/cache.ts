import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.js'

const defaultFolder = fileURLToPath(new URL('../../node_modules/.cache/bext-test-services', import.meta.url))

/**
 * Resolves to the cache's folder of that name. If it does not exist, `fill` fills an empty folder, which is renamed when
 * it is complete. So a folder in the cache is always complete, even if several processes fill it at the same time.
 */
export async function cached(
  name: string,
  { env }: Environment,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const cache = env['BEXT_TEST_SERVICES_CACHE'] || defaultFolder
  const target = join(cache, name)
  if (existsSync(target)) return target
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'filling-'))
  try {
    await fill(folder)
    await rename(folder, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return target
}
