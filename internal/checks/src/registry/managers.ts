import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, type PackageManager } from '../install-check.js'
import { plainEnv, runToEnd } from '../process.js'
import { rootManifest } from '../workspace.js'
import type { Registry } from './local-registry.js'

/** A package manager as a package of the npm registry, and how it is told what the check needs of it. */
interface Recipe extends Omit<PackageManager, 'command' | 'env'> {
  /** Without one, the machine's own is used. */
  readonly specifier?: string
  env(registry: Registry, cache: string): Record<string, string>
}

/** What was published a moment ago is to be installed, so the age that some of them ask for is 0. */
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
  if (code !== 0) throw new Error(`${specifier} could not be installed:\n${output}`)
  return join(folder, 'node_modules/.bin', name.replace(/ .*/, ''))
}

export const managerNames: readonly string[] = recipes.map(({ name }) => name)

/** Puts a package manager into a folder, with empty caches, and sets it up for the registry. */
export async function managerFor(name: string, registry: Registry, folder: string): Promise<PackageManager> {
  const recipe = recipes.find((one) => one.name === name)
  if (!recipe) throw new Error(`No package manager is called "${name}", but ${managerNames.join(', ')} are`)
  const own = join(folder, name.replace(' ', '-'))
  const command = await commandOf(recipe, own)
  const env = { npm_config_registry: registry.url, ...recipe.env(registry, join(own, 'cache')) }
  return { ...recipe, command, env, files: { ...recipe.files, '.npmrc': registry.npmrc } }
}
