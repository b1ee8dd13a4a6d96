import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { backends } from './backends.js'
import { type Manifest, packages, root } from './workspace.js'

/** Licences that require nothing except a copy of their text. */
export const permissive: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]

/** A package that users install with one of ours. */
export interface Licensed {
  readonly name: string
  readonly licence: string
}

/** Returns the folder of a dependency as Node resolves it from the folder of its dependent. */
function folderOf(name: string, dependent: string): string {
  const places = createRequire(join(dependent, 'package.json')).resolve.paths(name) ?? []
  for (const place of places) {
    try {
      return realpathSync(join(place, name))
    } catch {
      continue
    }
  }
  throw new Error(`${name}, a dependency of ${dependent}, is not installed. Run the install again.`)
}

function collect(folder: string, found: Map<string, Licensed>): Map<string, Licensed> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const optional = Object.keys(manifest.peerDependenciesMeta ?? {})
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => !optional.includes(name))
  // An optional peer counts if it is a driver that users install with a store.
  const drivers = backends.filter(({ name }) => name === manifest.name).flatMap((backend) => backend.drivers)
  const others = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
  for (const name of new Set([...others, ...peers, ...drivers])) {
    const place = folderOf(name, folder)
    if (found.has(place)) continue
    const { license = 'none' } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Manifest
    found.set(place, { name, licence: license })
    collect(place, found)
  }
  return found
}

/** Returns all third-party packages that an install of our packages and their drivers adds, by name. */
export function licencesOfDependencies(): Licensed[] {
  const found = new Map<string, Licensed>()
  for (const { folder } of packages) collect(join(root, folder), found)
  // Of a package in several versions, one for each licence.
  const distinct = new Map([...found.values()].map((each) => [`${each.name} ${each.licence}`, each]))
  const others = [...distinct.values()].filter(({ name }) => !name.startsWith('@bext/'))
  return others.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
