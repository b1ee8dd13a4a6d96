import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { entriesOf } from './bundle-size.js'
import type { Packed } from './pack.js'
import { plainEnv, runToEnd } from './process.js'
import { packages, root } from './workspace.js'

/** Module resolution settings of users' compilers. */
const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
} as const

const require = createRequire(import.meta.url)

/** Compilers of users: that of the workspace, and the oldest that the packages support. */
const compilers = {
  newest: join(root, 'node_modules/typescript/bin/tsc'),
  oldest: require.resolve('typescript-5.0/bin/tsc'),
} as const

export type Compiler = keyof typeof compilers

/** Types that a user's project has from other packages; never those of the DOM. */
export interface AmbientTypes {
  readonly lib: readonly string[]
  readonly types: readonly string[]
}

export interface Consumer {
  /** Compiles imports of the entries. Resolves to the messages about our declarations, or about importing them. */
  compile(
    entries: readonly string[],
    resolution: keyof typeof resolutions,
    ambient: AmbientTypes,
    compiler?: Compiler,
  ): Promise<string[]>
  remove(): Promise<void>
}

async function unpack({ contents, files, manifest }: Packed, modules: string): Promise<void> {
  const folder = join(modules, manifest.name)
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), contents.readFile(`/node_modules/${manifest.name}/${file}`))
  }
}

/** Links the installed dependencies of a package, so that its declarations find their imports. */
async function linkDependencies(folder: string, modules: string): Promise<void> {
  const installed = join(root, folder, 'node_modules')
  const names = (await readdir(installed)).filter((name) => !name.startsWith('.') && name !== '@bext')
  for (const name of names) {
    const scoped = name.startsWith('@') ? (await readdir(join(installed, name))).map((one) => `${name}/${one}`) : [name]
    for (const one of scoped) {
      await mkdir(dirname(join(modules, one)), { recursive: true })
      await symlink(await realpath(join(installed, one)), join(modules, one)).catch(ignoreExisting)
    }
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** Makes a project with the packages unpacked as users get them, to compile against. */
export async function consumerOf(packed: ReadonlyMap<string, Packed>): Promise<Consumer> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'bext-types-')))
  const modules = join(folder, 'node_modules')
  for (const one of packed.values()) await unpack(one, modules)
  for (const one of packages) await linkDependencies(one.folder, modules)
  return {
    async compile(entries, resolution, { lib, types }, compiler = 'newest') {
      const project = await mkdtemp(join(folder, `${resolution}-`))
      const lines = entries.map((entry, index) => `export * as entry${index} from '${entry}'`)
      await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
      await writeFile(join(project, 'main.ts'), `${lines.join('\n')}\n`)
      const compilerOptions = {
        ...resolutions[resolution],
        lib,
        types,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      }
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
      const args = [compilers[compiler], '-p', project, '--pretty', 'false']
      const { output } = await runToEnd({ command: process.execPath, args, cwd: project, env: plainEnv({}) }, 60_000)
      return output.split(/\n(?=\S)/).filter((message) => message.includes('@bext/') || message.startsWith('main.ts'))
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Packages that also run without Node. Their users need no Node types. */
const edgeCapable = new Set([
  '@bext/session-core',
  '@bext/session-cookie',
  '@bext/session-device',
  '@bext/session-hono',
])

const entriesFor = (edge: boolean): string[] =>
  packages
    .filter(({ manifest }) => edgeCapable.has(manifest.name) === edge)
    .flatMap((one) => entriesOf(one).map(({ entry }) => entry))

/** Returns the entries of all packages, by whether their users need Node types. */
export const entriesByNeed = (): { edge: string[]; node: string[] } => ({
  edge: entriesFor(true),
  node: entriesFor(false),
})
