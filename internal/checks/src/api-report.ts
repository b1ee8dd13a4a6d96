import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { filesBelow } from './build.js'
import { type Package, packages, root } from './workspace.js'

const imported = /(?:from|import)\s*\(?['"](\.{1,2}\/[^'"]+)\.js['"]/g

/** A file of declarations and all that it imports from its own package, in the order of first mention. */
function reachable(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(imported)) {
    reachable(join(dirname(file), `${path}.d.ts`), seen)
  }
  return seen
}

const titleOf = (dist: string, file: string): string => `// ${relative(dist, file)}`

function textOf(dist: string, file: string): string {
  const text = readFileSync(file, 'utf8')
    .replace(/^export \{\};\n/m, '')
    .trimEnd()
  return `${titleOf(dist, file)}\n\n${text}\n`
}

/** One report for each entry. Modules that several entries reach are in `shared.txt`, and only named in the others. */
function reportsOf({ folder, manifest }: Package): [path: string, text: string][] {
  const dist = join(root, folder, 'dist')
  const entries = Object.entries(manifest.publishConfig?.exports ?? {}).map(([entry, file]) => ({
    name: entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-'),
    files: [...reachable(join(root, folder, file.replace(/\.js$/, '.d.ts')))],
  }))
  const shared = new Set(entries.flatMap(({ files }) => files).filter((file, n, all) => all.indexOf(file) !== n))
  const reports = entries.map(({ name, files }): [string, string] => {
    const parts = files.map((file) =>
      shared.has(file) ? `${titleOf(dist, file)}, see shared.txt\n` : textOf(dist, file),
    )
    return [`${folder}/api/${name}.txt`, parts.join('\n')]
  })
  if (shared.size === 0) return reports
  const text = [...shared].map((file) => textOf(dist, file)).join('\n')
  return [...reports, [`${folder}/api/shared.txt`, text]]
}

/** Returns the reports by path: for each public entry, the declarations that its users compile against. */
export const apiReports = (): ReadonlyMap<string, string> => new Map(packages.flatMap(reportsOf))

/** The reports whose text is not that of the declarations, or that no entry, or no report, stands behind. */
export function outdatedReports(): string[] {
  const wanted = apiReports()
  const present = packages.flatMap(({ folder }) =>
    filesBelow(join(root, folder, 'api')).map((name) => `${folder}/api/${name}`),
  )
  const current = (path: string): boolean =>
    existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === wanted.get(path)
  return [...new Set([...wanted.keys(), ...present])].filter((path) => !current(path)).toSorted()
}
