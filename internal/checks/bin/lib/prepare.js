import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { interruptedBy, run } from './child.js'
import { findPnpm } from './pnpm.js'
import { cacheFolder, installStamp, root, rootManifest } from './workspace.js'

/** A failure of the setup. Its message is printed without a stack. */
export class SetupError extends Error {}

/**
 * Returns whether a Node version such as `20.20.1` satisfies a range such as `>=20.19`.
 *
 * @param {string} version
 * @param {string} range
 * @returns {boolean}
 */
export function satisfies(version, range) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = range.replace('>=', '').split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

/** @param {string} path */
function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Prepares the workspace: checks the version of Node and installs what the lockfile names, unless the last install is
 * still up to date.
 *
 * @returns {Promise<void>}
 */
export async function prepare() {
  const range = rootManifest().engines.node
  if (!satisfies(process.versions.node, range)) {
    throw new SetupError(`Expected Node ${range}, but ${process.execPath} is ${process.versions.node}.`)
  }
  const stampFile = join(cacheFolder, 'install-stamp')
  if (readOrEmpty(stampFile) === installStamp(root)) return
  rmSync(stampFile, { force: true })
  const [command = '', ...first] = await findPnpm()
  console.log(`Installing dependencies with ${[command, ...first].join(' ')}`)
  const args = [...first, 'install', '--frozen-lockfile', '--trust-lockfile', '--network-concurrency=16']
  // With CI set, pnpm asks no questions.
  const options = { cwd: root, env: { ...process.env, CI: 'true' }, input: /** @type {const} */ ('ignore') }
  const code = await run(command, args, options).catch((/** @type {Error} */ error) => {
    throw new SetupError(`Cannot start "${command}" (${error.message}). Install Node with npm, which includes it.`)
  })
  if (code !== 0 && !interruptedBy()) {
    throw new SetupError(
      `The install ended with code ${code}; see above. It needs a package registry, or all packages in the cache.`,
    )
  }
  if (code !== 0) return
  mkdirSync(cacheFolder, { recursive: true })
  writeFileSync(stampFile, installStamp(root))
}
