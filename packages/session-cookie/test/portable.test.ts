import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const imports = /(?:^|;|\n|\})\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g

function resolveImport(specifier: string, importer: string): string {
  if (!specifier.startsWith('.')) return createRequire(importer).resolve(specifier)
  const path = fileURLToPath(new URL(specifier, `file://${importer}`))
  return existsSync(path) ? path : path.replace(/\.js$/, '.ts')
}

function importGraph(path: string, seen = new Map<string, readonly string[]>()): typeof seen {
  if (seen.has(path)) return seen
  const specifiers = Array.from(readFileSync(path, 'utf8').matchAll(imports), ([, from, bare]) => (from ?? bare)!)
  seen.set(path, specifiers)
  const followed = specifiers.filter((specifier) => !specifier.startsWith('node:'))
  for (const specifier of followed) importGraph(resolveImport(specifier, path), seen)
  return seen
}

const graph = importGraph(fileURLToPath(new URL('../src/index.ts', import.meta.url)))

test('nothing that is imported, however indirectly, imports from node:', () => {
  for (const name of ['session-core', 'iron-webcrypto', 'uint8array-extras', '@noble/hashes']) {
    expect(
      Array.from(graph.keys()).some((path) => path.includes(name)),
      name,
    ).toBe(true)
  }
  for (const [path, specifiers] of graph) {
    expect(
      specifiers.filter((specifier) => specifier.startsWith('node:')),
      path,
    ).toEqual([])
  }
})

test('the sources use no global of Node', () => {
  const own = Array.from(graph.keys()).filter((path) => path.includes('session-cookie/src/'))
  expect(own).toHaveLength(readdirSync(new URL('../src', import.meta.url)).length)
  const globalsOfNode = /\b(Buffer|process|setImmediate|require|__dirname)\b/
  for (const path of own) expect(readFileSync(path, 'utf8'), path).not.toMatch(globalsOfNode)
})
