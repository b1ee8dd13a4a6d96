import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPnpm } from '../../bin/lib/pnpm.js'
import { plainEnv, runToEnd } from '../process.js'
import { filesInGit, type Manifest, packages, root } from '../workspace.js'
import type { Registry } from './local-registry.js'

/** A copy of the workspace in a separate git repository, for a trial release. */
export interface Rehearsal {
  readonly folder: string
  run(command: string, ...args: string[]): Promise<string>
}

/** Copies the workspace to a folder and installs it. After that, only the local registry is configured. */
export async function copyWorkspace(folder: string, registry: Registry): Promise<Rehearsal> {
  for (const path of filesInGit()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
  const home = join(folder, '.git/rehearsal.npmrc')
  const pnpm = await findPnpm()
  const env = plainEnv({
    npm_config_userconfig: home,
    CI: 'true',
    NO_COLOR: '1',
    // The workflow sets these variables.
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'rehearsal/bext-session',
  })
  async function run(command: string, ...args: string[]): Promise<string> {
    const { code, output } = await runToEnd({ command, args, cwd: folder, env }, 240_000)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output}`)
    return output
  }
  await run('git', 'init', '--quiet', '--initial-branch=main')
  await run('git', 'config', 'user.name', 'Rehearsal')
  await run('git', 'config', 'user.email', 'rehearsal@localhost')
  await run(pnpm[0] ?? '', ...pnpm.slice(1), 'install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline')
  writeFileSync(home, registry.npmrc)
  writeFileSync(join(folder, '.npmrc'), `${readFileSync(join(folder, '.npmrc'), 'utf8')}${registry.npmrc}`)
  env['npm_config_registry'] = registry.url
  await run('git', 'add', '--all')
  await run('git', 'commit', '--quiet', '--message=Start')
  return { folder, run }
}

export const versionsIn = ({ folder }: Rehearsal): Readonly<Record<string, string>> =>
  Object.fromEntries(
    packages.map((one) => {
      const { name, version = '' } = JSON.parse(
        readFileSync(join(folder, one.folder, 'package.json'), 'utf8'),
      ) as Manifest
      return [name, version]
    }),
  )

/** Applies the changesets. Resolves to the packages whose version changed. */
export async function carryOutChangesets(rehearsal: Rehearsal): Promise<string[]> {
  const before = versionsIn(rehearsal)
  await rehearsal.run('npm', 'run', 'version')
  const after = versionsIn(rehearsal)
  await rehearsal.run('git', 'add', '--all')
  await rehearsal.run('git', 'commit', '--quiet', '--message=Version packages')
  return Object.keys(after).filter((name) => before[name] !== after[name])
}

/** Publishes the versions that the registry lacks. Resolves to the names of the published packages. */
export async function publish(rehearsal: Rehearsal): Promise<string[]> {
  const output = await rehearsal.run('npm', 'run', 'release')
  // The release writes the repository into each package.json, in a checkout that is discarded.
  await rehearsal.run('git', 'checkout', '--quiet', '--', 'packages')
  return [...output.matchAll(/New tag:\s+(@bext\/[\w-]+)@/g)].map((match) => String(match[1]))
}
