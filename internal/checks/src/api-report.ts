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

function reportOf(folder: string, declarations: string): string {
  const dist = join(root, folder, 'dist')
  const parts = [...reachable(join(root, folder, declarations))].map((file) => {
    const text = readFileSync(file, 'utf8')
      .replace(/^export \{\};\n/m, '')
      .trimEnd()
    return `// ${relative(dist, file)}\n\n${text}\n`
  })
  return parts.join('\n')
}

const reportsOf = ({ folder, manifest }: Package): [path: string, text: string][] =>
  Object.entries(manifest.publishConfig?.exports ?? {}).map(([entry, file]) => {
    const name = entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-')
    return [`${folder}/api/${name}.txt`, reportOf(folder, file.replace(/\.js$/, '.d.ts'))]
  })

/** What the reports have to say, by path: for each public entry the declarations that its users compile against. */
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
