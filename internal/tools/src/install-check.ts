import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceUrls } from '@bext-internal/test-services'
import { transform } from 'esbuild'
import type { CodeBlock } from './markdown.js'
import { nodeArgs, plainEnv, runToEnd } from './process.js'
import { runExample } from './snippets.js'

/** A project that has nothing of this workspace but what was installed into it. */
export interface Project {
  /** The names of all packages that the install brought, dependencies of dependencies too. */
  readonly installed: readonly string[]
  /** Runs an example under plain Node, its types taken away. */
  run(example: CodeBlock, servers: ServiceUrls): Promise<void>
  remove(): Promise<void>
}

async function namesIn(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith('.'))
  const scoped = names.filter((name) => name.startsWith('@'))
  const inScopes = await Promise.all(
    scoped.map(async (scope) => (await readdir(join(modules, scope))).map((name) => `${scope}/${name}`)),
  )
  return [...names.filter((name) => !name.startsWith('@')), ...inScopes.flat()].toSorted()
}

/** Installs packages, by name and version or by tarball, into an empty folder with npm, as a user does. */
export async function installInto(specifiers: readonly string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'bext-install-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress']
  const args = ['install', ...flags, ...specifiers]
  const { code, output } = await runToEnd({ command: 'npm', args, cwd: folder, env: npmEnv() }, 60_000)
  if (code !== 0) {
    await remove()
    throw new Error(`npm install ended with code ${code}:\n${output}`)
  }
  return {
    installed: await namesIn(join(folder, 'node_modules')),
    async run(example, servers) {
      const { code: script } = await transform(example.code, { loader: 'ts', format: 'esm', target: 'es2022' })
      await writeFile(join(folder, 'example.js'), script)
      const command = { command: process.execPath, args: [...nodeArgs, 'example.js'], cwd: folder }
      await runExample(example.flags, command, servers)
    },
    remove,
  }
}

/** Without what an outer `npm test` says of its own folder. */
function npmEnv(): NodeJS.ProcessEnv {
  const env = plainEnv({})
  const ofOuterNpm = /^npm_(package_|lifecycle_|config_(local_prefix|prefix|global_prefix)$)|^INIT_CWD$/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ofOuterNpm.test(name)))
}
