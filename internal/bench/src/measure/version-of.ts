import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Returns the installed version of a package. */
export function versionOf(packageName: string): string {
  const main = createRequire(import.meta.url).resolve(packageName)
  const folder = main.slice(0, main.lastIndexOf(`/node_modules/${packageName}/`))
  const manifest = readFileSync(`${folder}/node_modules/${packageName}/package.json`, 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
