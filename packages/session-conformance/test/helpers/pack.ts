import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const packages = ['session-core', 'session-conformance'] as const
const ofTests =
  /^(VITEST|TINYPOOL|NODE_OPTIONS$|NODE_ENV$|TEST$|DEV$|PROD$|MODE$|npm_|INIT_CWD$|FORCE_COLOR$|NO_COLOR$)/

export interface Ended {
  readonly code: number
  /** Standard output, followed by standard error. */
  readonly output: string
}

/** Runs a command in an environment without the variables of the test runner. Resolves when it has exited. */
export function runCommand(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTests.test(name)))
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}

async function mustRun(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, output } = await runCommand(command, args, cwd)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output}`)
}

async function packAll(folder: string): Promise<void> {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    packageManager: string
  }
  await mustRun(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'packages/session-conformance'],
    root,
  )
  const filters = packages.map((name) => `--filter=@bext/${name}`)
  await mustRun('npx', ['--yes', packageManager, '-r', ...filters, 'pack', '--pack-destination', folder], root)
}

export interface Project {
  readonly folder: string
  remove(): Promise<void>
}

/** Creates a folder outside of the workspace in which npm has installed the two packed packages and others. */
export async function installPacked(others: readonly string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-packed-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    await packAll(folder)
    const manifests = packages.map((name) => readFile(join(root, 'packages', name, 'package.json'), 'utf8'))
    const versions = (await Promise.all(manifests)).map((text) => (JSON.parse(text) as { version: string }).version)
    const tarballs = packages.map((name, n) => `./bext-${name}-${versions[n]}.tgz`)
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-progress']
    await mustRun('npm', ['install', ...flags, ...tarballs, ...others], folder)
  } catch (error) {
    await remove()
    throw error
  }
  return { folder, remove }
}
