import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPackageFromTarballData, type Package as Contents } from '@arethetypeswrong/core'
import { findPnpm } from '../bin/lib/pnpm.js'
import { plainEnv, runToEnd } from './process.js'
import { type Manifest, packages, root } from './workspace.js'

/** A package as the registry would receive it. */
export interface Packed {
  readonly tarball: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contents: Contents
  readonly manifest: Manifest
  /** The tarball's files, relative to the package. */
  readonly files: readonly string[]
}

async function unpack(tarball: string): Promise<Packed> {
  const bytes = new Uint8Array(await readFile(tarball))
  const contents = createPackageFromTarballData(bytes)
  const prefix = `/node_modules/${contents.packageName}/`
  const manifest = JSON.parse(contents.readFile(`${prefix}package.json`)) as Manifest
  return { tarball, bytes, contents, manifest, files: contents.listFiles().map((path) => path.slice(prefix.length)) }
}

/** Packs every package into a separate folder, with pnpm, as a release does. */
export async function packPackages(): Promise<{ packed: ReadonlyMap<string, Packed>; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bext-pack-'))
  const [command = '', ...first] = await findPnpm()
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`)
  const args = [...first, '-r', ...filters, 'pack', '--pack-destination', folder]
  const { code, output } = await runToEnd({ command, args, cwd: root, env: plainEnv({}) }, 60_000)
  if (code !== 0) throw new Error(`pnpm pack ended with code ${code}:\n${output}`)
  const tarballs = packages.map(({ manifest: { name, version } }) =>
    join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
  )
  const packed = await Promise.all(tarballs.map((tarball) => unpack(tarball)))
  return {
    packed: new Map(packed.map((one) => [one.manifest.name, one])),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
