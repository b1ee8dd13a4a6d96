import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../src/', import.meta.url))
// Limits for this package's code alone, without import statements.
const maxOwnBytes = { edge: 3650, node: 3950 }
const importOfPackage = /import\{[^}]*\}from"[^"]*";/g

function bundle(entry: string, options: object) {
  return build({
    entryPoints: [`${source}${entry}`],
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  })
}

test.each([
  ['workerd', { conditions: ['workerd', 'worker'] }],
  ['edge-light', { conditions: ['edge-light'] }],
  ['browser', { platform: 'browser' }],
  ['a runtime without a condition', { platform: 'neutral' }],
  ['workerd with Node compatibility', { conditions: ['workerd', 'node'] }],
])('a bundle for %s imports no node: module, directly or through a dependency', async (_name, options) => {
  for (const entry of ['index.ts', 'iron-session.ts', 'compression.ts', 'revocation.ts']) {
    // With the platform neutral, an import of a Node module makes the build fail.
    const { metafile, outputFiles } = await bundle(entry, { platform: 'neutral', mainFields: ['module'], ...options })
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
    expect(imports.filter(({ path, external }) => external === true || path.startsWith('node:'))).toEqual([])
    if (entry === 'index.ts') expect(Object.keys(metafile.inputs).join()).toContain('iron-webcrypto')
    expect(outputFiles[0]?.text).not.toMatch(/\b(Buffer|process|setImmediate|require|__dirname)\b[.(]/)
  }
})

test('a bundle for Node contains no WebCrypto implementation of the format', async () => {
  const { metafile } = await bundle('index.ts', { platform: 'node' })
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('iron-webcrypto'))).toEqual([])
})

test.each([
  ['Node', ['node'], maxOwnBytes.node],
  ['an edge runtime', ['workerd'], maxOwnBytes.edge],
])('the code for %s stays within its budget, minified and compressed', async (_name, conditions, maxBytes) => {
  const { outputFiles } = await bundle('index.ts', { packages: 'external', conditions, platform: 'neutral' })
  const ownCode = outputFiles[0]!.text.replaceAll(importOfPackage, '')
  expect(ownCode).not.toMatch(/\bfrom"/)
  expect(gzipSync(ownCode, { level: 9 }).length).toBeLessThanOrEqual(maxBytes)
})
