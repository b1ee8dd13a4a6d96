import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, type PackageManager } from '../install-check.js'
import { plainEnv, runToEnd } from '../process.js'
import { rootManifest } from '../workspace.js'
import type { Registry } from './local-registry.js'

/** A package manager, installed from npm, with its settings for the check. */
interface Recipe extends Omit<PackageManager, 'command' | 'env'> {
  /** Package to install. Without it, the check uses the manager of this machine. */
  readonly specifier?: string
  env(registry: Registry, cache: string): Record<string, string>
}

/** The managers. The packages were published a moment ago, so the minimum age that some managers require is 0. */
const recipes: readonly Recipe[] = [
  {
    ...npm,
    args: npm.args.filter((flag) => flag !== '--prefer-offline'),
    env: (_, cache) => ({ npm_config_cache: cache }),
  },
  {
    name: 'pnpm',
    specifier: rootManifest().packageManager,
    args: ['add'],
    files: { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\npmOnFail: ignore\n' },
    env: (_, cache) => ({ pnpm_config_store_dir: cache, pnpm_config_cache_dir: cache }),
  },
  {
    name: 'yarn 1',
    specifier: 'yarn@1.22.22',
    args: ['add', '--non-interactive'],
    files: {},
    env: ({ url }, cache) => ({ YARN_REGISTRY: url, YARN_CACHE_FOLDER: cache }),
  },
  {
    name: 'yarn 4',
    specifier: '@yarnpkg/cli-dist@4.18.1',
    args: ['add'],
    files: { 'yarn.lock': '' },
    env: ({ url }, cache) => ({
      YARN_NPM_REGISTRY_SERVER: url,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_GLOBAL_FOLDER: cache,
      YARN_NODE_LINKER: 'node-modules',
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
    }),
  },
  {
    name: 'bun',
    specifier: 'bun@1.4.5',
    args: ['add'],
    files: {},
    env: (_, cache) => ({ BUN_INSTALL_CACHE_DIR: cache }),
  },
]

async function commandOf({ name, specifier }: Recipe, folder: string): Promise<string> {
  if (specifier === undefined) return npm.command
  await mkdir(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--prefer-offline', specifier]
  const { code, output } = await runToEnd({ command: 'npm', args, cwd: folder, env: plainEnv({}) }, 180_000)
  if (code !== 0) throw new Error(`Cannot install ${specifier}:\n${output}`)
  return join(folder, 'node_modules/.bin', name.replace(/ .*/, ''))
}

export const managerNames: readonly string[] = recipes.map(({ name }) => name)

/** Installs a package manager into a folder, with empty caches, and configures it for the registry. */
export async function managerFor(name: string, registry: Registry, folder: string): Promise<PackageManager> {
  const recipe = recipes.find((one) => one.name === name)
  if (!recipe)
    throw new Error(`The package manager must be one of ${managerNames.join(', ')}, but it is ${JSON.stringify(name)}.`)
  const own = join(folder, name.replace(' ', '-'))
  const command = await commandOf(recipe, own)
  const env = { npm_config_registry: registry.url, ...recipe.env(registry, join(own, 'cache')) }
  return { ...recipe, command, env, files: { ...recipe.files, '.npmrc': registry.npmrc } }
}
