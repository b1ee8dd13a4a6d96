import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Manifest, packages, root } from './workspace.js'

/** Licences that ask for nothing but their own text. */
export const permissive: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]

/** A package that users get, or bring, with one of ours. */
export interface Licensed {
  readonly name: string
  readonly licence: string
}

/** The folder of a dependency as Node looks it up from the folder of its dependent. */
function folderOf(name: string, dependent: string): string {
  const places = createRequire(join(dependent, 'package.json')).resolve.paths(name) ?? []
  for (const place of places) {
    try {
      return realpathSync(join(place, name))
    } catch {
      continue
    }
  }
  throw new Error(`${name}, a dependency of ${dependent}, is not installed: run the install again`)
}

function collect(folder: string, found: Map<string, Licensed>): Map<string, Licensed> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const optional = Object.keys(manifest.peerDependenciesMeta ?? {})
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => !optional.includes(name))
  for (const name of [...Object.keys(manifest.dependencies ?? {}), ...peers]) {
    const place = folderOf(name, folder)
    if (found.has(place)) continue
    const { license = 'none' } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Manifest
    found.set(place, { name, licence: license })
    collect(place, found)
  }
  return found
}

/** Everything of others that an install of our packages brings, the required drivers included, by name. */
export function licencesOfDependencies(): Licensed[] {
  const found = new Map<string, Licensed>()
  for (const { folder } of packages) collect(join(root, folder), found)
  const others = [...found.values()].filter(({ name }) => !name.startsWith('@bext/'))
  return others.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
