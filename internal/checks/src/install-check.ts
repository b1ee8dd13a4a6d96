import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceUrls } from '@bext-internal/test-services'
import { transform } from 'esbuild'
import type { CodeBlock } from './markdown.js'
import { nodeArgs, plainEnv, runToEnd } from './process.js'
import { runExample } from './snippets.js'

/** Module system of an example: `import`, or the `require` of a CommonJS module. */
export type ModuleForm = 'esm' | 'cjs'

/** A project that has nothing of this workspace except the installed packages. */
export interface Project {
  /** Names of all installed packages, including indirect dependencies. */
  readonly installed: readonly string[]
  /** Runs an example under plain Node, with its types stripped. */
  run(example: CodeBlock, servers: ServiceUrls, form: ModuleForm): Promise<void>
  remove(): Promise<void>
}

/** A command that adds packages to the project in its folder, and the files that it needs there. */
export interface PackageManager {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

export const npm: PackageManager = {
  name: 'npm',
  command: 'npm',
  args: ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress'],
  env: {},
  files: {},
}

/** Returns the packages in a `node_modules`, at any depth, by folder. Linked packages are skipped: they are elsewhere. */
async function standingIn(modules: string): Promise<string[]> {
  const entries = await readdir(modules, { withFileTypes: true }).catch(() => [])
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const found = await Promise.all(
    folders.map(async (name) => {
      const folder = join(modules, name)
      if (name.startsWith('@')) return standingIn(folder)
      if (name === '.pnpm') {
        return (
          await Promise.all((await readdir(folder)).map((one) => standingIn(join(folder, one, 'node_modules'))))
        ).flat()
      }
      return name.startsWith('.') ? [] : [folder, ...(await standingIn(join(folder, 'node_modules')))]
    }),
  )
  return found.flat()
}

async function namesIn(modules: string): Promise<string[]> {
  const names = (await standingIn(modules)).map((folder) => folder.slice(folder.lastIndexOf('node_modules/') + 13))
  return [...new Set(names)].toSorted()
}

/** Returns an example as a script. A CommonJS module can await only within a function. */
async function scriptOf({ code }: CodeBlock, form: ModuleForm): Promise<string> {
  const { code: script } = await transform(code, { loader: 'ts', format: 'esm', target: 'es2022' })
  if (form === 'esm') return script
  const statement = /^import [^;]*;$/gm
  const imports = script.match(statement) ?? []
  const wrapped = `${imports.join('\n')}\nvoid (async () => {\n${script.replace(statement, '')}\n})()`
  return (await transform(wrapped, { format: 'cjs', target: 'es2022' })).code
}

/** Installs packages, by name and version or by tarball, into an empty folder, as a user does. */
export async function installInto(specifiers: readonly string[], manager: PackageManager = npm): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'bext-install-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const files = { 'package.json': JSON.stringify({ name: 'app', private: true }), ...manager.files }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const args = [...manager.args, ...specifiers]
  const { code, output } = await runToEnd({ ...manager, args, cwd: folder, env: envOf(manager) }, 120_000)
  if (code !== 0) {
    await remove()
    throw new Error(`${manager.name} ended with code ${code}:\n${output}`)
  }
  return {
    installed: await namesIn(join(folder, 'node_modules')),
    async run(example, servers, form) {
      const file = form === 'esm' ? 'example.mjs' : 'example.cjs'
      await writeFile(join(folder, file), await scriptOf(example, form))
      await runExample(example.flags, { command: process.execPath, args: [...nodeArgs, file], cwd: folder }, servers)
    },
    remove,
  }
}

/** Returns the environment without the variables that an outer `npm test` sets for its folder. */
function envOf(manager: PackageManager): NodeJS.ProcessEnv {
  const env = plainEnv(manager.env)
  const ofOuterNpm = /^npm_(package_|lifecycle_|config_(local_prefix|prefix|global_prefix)$)|^INIT_CWD$/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ofOuterNpm.test(name)))
}
