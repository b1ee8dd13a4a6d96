import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.js'
import { runProgram } from './run-program.js'
import type { Binaries, Environment } from './environment.js'

type Apt = (...args: string[]) => Promise<string>

// Resolves to the packages that an installation would add, except the C library, which must match the loader.
async function missingPackages(apt: Apt, wanted: readonly string[]): Promise<string[]> {
  const plan = await apt('install', '--simulate', '--no-install-recommends', ...wanted)
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '')
  return missing.filter((name) => !/^libc(6|-bin)$/.test(name))
}

async function download(apt: Apt, wanted: readonly string[]): Promise<void> {
  const packages = new Set([...wanted, ...(await missingPackages(apt, wanted))])
  await apt('download', ...packages)
}

// The system's package lists may be missing or outdated, and we must not update them. So this uses separate lists.
async function downloadWithOwnLists(folder: string, apt: Apt, wanted: readonly string[]): Promise<void> {
  for (const part of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, part), { recursive: true })
  const own = [`Dir::State::lists=${join(folder, 'lists')}`, `Dir::Cache=${join(folder, 'cache')}`]
  const options = own.flatMap((option) => ['-o', option])
  await apt('update', ...options)
  await download((...args) => apt(...args, ...options), wanted)
}

async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return [...new Set(entries.filter(({ name }) => name.includes('.so')).map(({ parentPath }) => parentPath))]
}

interface DebianProgram {
  /** Name in the cache. */
  readonly name: string
  readonly packages: readonly string[]
  /** Folder of its executables within the packages. */
  readonly folder: string
}

/** Downloads packages of a Debian system and unpacks them without installing them, with the libraries that are missing. */
export async function fetchFromDebian(program: DebianProgram, environment: Environment): Promise<Binaries> {
  const { name, packages } = program
  const folder = await cached(`${name}-${process.arch}`, environment, async (target) => {
    const downloads = join(target, 'downloads')
    await mkdir(downloads)
    const options = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=2']
    const apt: Apt = (...args) => runProgram('apt-get', [...args, ...options], downloads, environment)
    await download(apt, packages).catch(() => downloadWithOwnLists(join(target, 'apt'), apt, packages))
    for (const file of await readdir(downloads)) {
      await runProgram('dpkg', ['-x', join(downloads, file), join(target, 'root')], target, environment)
    }
    for (const part of ['downloads', 'apt']) await rm(join(target, part), { recursive: true, force: true })
  })
  const libraries = await libraryFolders(join(folder, 'root'))
  return { folder: join(folder, 'root', program.folder), env: { LD_LIBRARY_PATH: libraries.join(':') } }
}
