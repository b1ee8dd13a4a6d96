import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.js'
import { runProgram } from './run-program.js'
import type { Binaries, Surroundings } from './surroundings.js'

type Apt = (...args: string[]) => Promise<string>

// What an installation would add to this system, but for the C library, which has to match the loader.
async function missingPackages(apt: Apt): Promise<string[]> {
  const plan = await apt('install', '--simulate', '--no-install-recommends', 'redis-server')
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '')
  return missing.filter((name) => !/^libc(6|-bin)$/.test(name))
}

async function download(apt: Apt): Promise<void> {
  const packages = new Set(['redis-server', 'redis-tools', ...(await missingPackages(apt))])
  await apt('download', ...packages)
}

// The system's package lists may be missing or outdated, and are not ours to update.
async function downloadWithOwnLists(folder: string, apt: Apt): Promise<void> {
  for (const part of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, part), { recursive: true })
  const own = [`Dir::State::lists=${join(folder, 'lists')}`, `Dir::Cache=${join(folder, 'cache')}`]
  const options = own.flatMap((option) => ['-o', option])
  await apt('update', ...options)
  await download((...args) => apt(...args, ...options))
}

async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return [...new Set(entries.filter(({ name }) => name.includes('.so')).map(({ parentPath }) => parentPath))]
}

/** Redis' binaries from the packages of a Debian system, unpacked without installing them. */
export async function fetchRedis(surroundings: Surroundings): Promise<Binaries> {
  const folder = await cached(`redis-${process.arch}`, surroundings, async (target) => {
    const downloads = join(target, 'downloads')
    await mkdir(downloads)
    const options = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=2']
    const apt: Apt = (...args) => runProgram('apt-get', [...args, ...options], downloads, surroundings)
    await download(apt).catch(() => downloadWithOwnLists(join(target, 'apt'), apt))
    for (const file of await readdir(downloads)) {
      await runProgram('dpkg', ['-x', join(downloads, file), join(target, 'root')], target, surroundings)
    }
    for (const part of ['downloads', 'apt']) await rm(join(target, part), { recursive: true, force: true })
  })
  const libraries = await libraryFolders(join(folder, 'root'))
  return { folder: join(folder, 'root/usr/bin'), env: { LD_LIBRARY_PATH: libraries.join(':') } }
}
