import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildOptions } from 'esbuild'
import type { SizeBudget } from './size-budgets.js'
import { type Package, packages, root } from './workspace.js'

/** The names by which users import a package, each with its file inside the package. */
export const entriesOf = ({ manifest: { name, exports = {} } }: Package): { entry: string; source: string }[] =>
  Object.entries(exports).map(([path, source]) => ({ entry: join(name, path), source }))

/** Where the edge's conditions apply, nothing of Node may be imported: that fails the bundle. */
const runtimes: Readonly<Record<SizeBudget['runtime'], BuildOptions>> = {
  node: { platform: 'node' },
  edge: { platform: 'browser', conditions: ['workerd', 'edge-light'] },
}

/** Bytes of an entry bundled with its dependencies, minified and gzipped. Peer dependencies are the user's. */
export async function bundledBytes(entry: string, runtime: SizeBudget['runtime']): Promise<number> {
  const owner = packages.find((one) => entriesOf(one).some((own) => own.entry === entry))
  const found = owner && entriesOf(owner).find((own) => own.entry === entry)
  if (!owner || !found) throw new Error(`${entry} is no entry of a package: take it out of size-budgets.ts`)
  const { outputFiles } = await build({
    ...runtimes[runtime],
    entryPoints: [join(root, owner.folder, found.source)],
    external: [...Object.keys(owner.manifest.peerDependencies ?? {}), '@jest/globals'],
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.reduce((bytes, { contents }) => bytes + gzipSync(contents).length, 0)
}
