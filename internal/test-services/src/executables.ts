import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import type { Environment } from './environment.js'

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function foldersInPath({ env }: Environment): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function expandPlace(place: string): string[] {
  const [before, after] = place.split('*')
  if (before === undefined || after === undefined) return [place]
  const parent = before.endsWith('/') ? before : dirname(before)
  const prefix = before.endsWith('/') ? '' : basename(before)
  const byVersion = new Intl.Collator('en', { numeric: true })
  return readFolder(parent)
    .filter((name) => name.startsWith(prefix))
    .toSorted(byVersion.compare)
    .toReversed()
    .map((name) => join(parent, name) + after)
}

/** Returns the path of a program in PATH. Throws if no folder of PATH has it. */
export function findProgram(name: string, environment: Environment): string {
  const file = foldersInPath(environment)
    .map((folder) => join(folder, name))
    .find(isExecutable)
  if (file === undefined) throw new Error(`${name} is not in PATH.`)
  return file
}

/** Returns the first folder of PATH, then of `places`, that has all of the programs. Throws if no folder has them. */
export function findFolderOf(names: readonly string[], places: readonly string[], environment: Environment): string {
  const hasAll = (folder: string): boolean => names.every((name) => isExecutable(join(folder, name)))
  const folder = [...foldersInPath(environment), ...places.flatMap(expandPlace)].find(hasAll)
  if (folder === undefined) {
    const where = ['PATH', ...places].join(', ')
    throw new Error(`no folder of ${where} has ${names.join(' and ')}.`)
  }
  // If the folder contains only links, use the folder of the real programs, which has their libraries and data.
  const [linked = folder] = names.map((name) => dirname(realpathSync(join(folder, name)))).filter(hasAll)
  return linked
}
