import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Surroundings } from './environment.js'

const defaultFolder = fileURLToPath(new URL('../../node_modules/.cache/bext-test-services', import.meta.url))

/**
 * The cache's folder of that name. If there is none, `fill` is given an empty folder, which takes the name once it is
 * filled: so a folder in the cache is whole, whoever else fills it at the same time.
 */
export async function cached(
  name: string,
  { env }: Surroundings,
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
