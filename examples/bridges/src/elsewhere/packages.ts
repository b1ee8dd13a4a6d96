import { createRequire } from 'node:module'
import { join } from 'node:path'
import { folderVariable } from './variables.js'

/** The folder with the packages from npm, which are not installed in the workspace. */
const folder = process.env[folderVariable] ?? ''

const require = createRequire(join(folder, 'package.json'))

/** Loads a CommonJS package of the folder. It has no types here. */
export function load(name: string): unknown {
  return require(name)
}

function versionOf(name: string): string {
  return (load(join(folder, 'node_modules', name, 'package.json')) as { readonly version: string }).version
}

/** Returns the versions of packages of the folder. */
export function versionsOf(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]))
}
