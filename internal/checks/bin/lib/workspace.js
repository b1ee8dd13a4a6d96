import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace, without a trailing slash. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/[\\/]$/, '')

/** Folder for files that later runs use; ignored by git. */
export const cacheFolder = join(root, 'node_modules/.cache/bext')

/**
 * Returns the package.json files of a workspace, the root's first, as paths relative to its folder.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function manifestPaths(folder) {
  const workspace = readFileSync(join(folder, 'pnpm-workspace.yaml'), 'utf8')
  const parents = [...workspace.matchAll(/^ {2}- (\S+)\/\*$/gm)].map((match) => String(match[1]))
  const members = parents
    .filter((parent) => existsSync(join(folder, parent)))
    .flatMap((parent) => readdirSync(join(folder, parent)).map((name) => `${parent}/${name}/package.json`))
    .filter((path) => existsSync(join(folder, path)))
  return ['package.json', ...members.toSorted()]
}

/**
 * Returns a hash of everything that decides what an install puts into node_modules.
 *
 * @param {string} folder
 * @returns {string}
 */
export function installStamp(folder) {
  const hash = createHash('sha256')
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifestPaths(folder)]) {
    const content = readFileSync(join(folder, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** @returns {{ packageManager: string, engines: { node: string } }} */
export const rootManifest = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
