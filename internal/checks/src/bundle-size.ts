import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildOptions } from 'esbuild'
import type { SizeBudget } from './size-budgets.js'
import { type Package, packages, root } from './workspace.js'

/** Returns the entries of a package: the names that users import, each with its file inside the package. */
export const entriesOf = ({ manifest: { name, exports = {} } }: Package): { entry: string; source: string }[] =>
  Object.entries(exports).map(([path, source]) => ({ entry: join(name, path), source }))

/** Bundler settings by runtime. On the edge, an import of a Node module fails the bundle. */
const runtimes: Readonly<Record<SizeBudget['runtime'], BuildOptions>> = {
  node: { platform: 'node' },
  edge: { platform: 'browser', conditions: ['workerd', 'edge-light'] },
}

/** Resolves to the bytes of an entry bundled with its dependencies except peers, minified and gzipped. */
export async function bundledBytes(entry: string, runtime: SizeBudget['runtime']): Promise<number> {
  const owner = packages.find((one) => entriesOf(one).some((own) => own.entry === entry))
  const found = owner && entriesOf(owner).find((own) => own.entry === entry)
  if (!owner || !found) throw new Error(`${entry} is not an entry of a package. Remove it from size-budgets.ts.`)
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
