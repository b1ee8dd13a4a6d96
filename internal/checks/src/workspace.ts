import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manifestPaths, root, rootManifest } from '../bin/lib/workspace.js'

export { root, rootManifest }

export interface Manifest {
  readonly files?: readonly string[]
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly engines?: { readonly node?: string }
  readonly sideEffects?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly publishConfig?: { readonly access?: string; readonly exports?: Readonly<Record<string, string>> }
}

/** A member of the workspace. Its folder is relative to the workspace. */
export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

export const members: readonly Package[] = manifestPaths(root).map((path) => ({
  folder: dirname(path),
  manifest: JSON.parse(readText(path)) as Manifest,
}))

/** The published packages: all in packages/. */
export const packages: readonly Package[] = members.filter(({ folder }) => folder.startsWith('packages/'))

/** Returns all files that are in git or would be added, relative to the workspace. */
export function filesInGit(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const output = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return [...new Set(output.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
}

/** Returns the installed version of a dependency of a folder. */
export function installedVersion(name: string): string {
  const { version = '' } = JSON.parse(readText(`internal/checks/node_modules/${name}/package.json`)) as Manifest
  return version
}
