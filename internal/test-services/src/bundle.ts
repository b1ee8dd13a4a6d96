import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

/** Bundles the sources of the workspace, and leaves the modules of other packages where they are installed. */
export const workspaceOnly: Plugin = {
  name: 'workspace-only',
  setup(bundling) {
    bundling.onResolve({ filter: /^[^./]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === workspaceOnly || kind === 'entry-point') return undefined
      const found = await bundling.resolve(path, { importer, resolveDir, kind, pluginData: workspaceOnly })
      if (found.external || found.errors.length > 0 || /^(@bext|#)/.test(path)) return found
      return { path: pathToFileURL(found.path).href, external: true }
    })
  },
}

/** Keeps the URL that a source has without the bundle, because it finds files beside it. */
const sourceUrls: Plugin = {
  name: 'source-urls',
  setup(bundling) {
    bundling.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' }
    })
  },
}

/** Options of a bundle that Node 20 runs. */
export const forNode: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Node's own conditions, without esbuild's `module`.
  conditions: [],
  mainFields: ['main'],
  sourcemap: 'inline',
}

function packageFolderOf(path: string): string {
  const folder = dirname(path)
  return existsSync(join(folder, 'package.json')) ? folder : packageFolderOf(folder)
}

export interface Program {
  /** Arguments of Node that run the program. */
  readonly args: readonly string[]
  remove(): Promise<void>
}

/** Compiles a program of the workspace to one file, which starts in a fraction of the time that its sources take. */
export async function bundleProgram(entry: string): Promise<Program> {
  // In the package, where import.meta.resolve finds the same modules.
  const cache = join(packageFolderOf(entry), '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'bundle-'))
  const file = join(folder, basename(entry).replace(/ts$/, 'mjs'))
  await build({
    ...forNode,
    entryPoints: [entry],
    outfile: file,
    plugins: [workspaceOnly, sourceUrls],
  })
  return { args: ['--enable-source-maps', file], remove: () => rm(folder, { recursive: true, force: true }) }
}
