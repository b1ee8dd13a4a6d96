import { gzipSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../src/', import.meta.url))
// Own code, without the import statements of what a bundle would hold itself.
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
  ['a runtime that names no condition', { platform: 'neutral' }],
  ['workerd with the compatibility of Node', { conditions: ['workerd', 'node'] }],
])('a bundle for %s has nothing of node:, not even through what it imports', async (_name, options) => {
  for (const entry of ['index.ts', 'iron-session.ts', 'compression.ts', 'revocation.ts']) {
    // Where a module is imported that only Node has, this platform makes the build fail.
    const { metafile, outputFiles } = await bundle(entry, { platform: 'neutral', mainFields: ['module'], ...options })
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
    expect(imports.filter(({ path, external }) => external === true || path.startsWith('node:'))).toEqual([])
    if (entry === 'index.ts') expect(Object.keys(metafile.inputs).join()).toContain('iron-webcrypto')
    expect(outputFiles[0]?.text).not.toMatch(/\b(Buffer|process|setImmediate|require|__dirname)\b[.(]/)
  }
})

test('on Node no WebCrypto implementation of the format is loaded', async () => {
  const { metafile } = await bundle('index.ts', { platform: 'node' })
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('iron-webcrypto'))).toEqual([])
})

test.each([
  ['Node', ['node'], maxOwnBytes.node],
  ['an edge runtime', ['workerd'], maxOwnBytes.edge],
])('own code for %s stays small, minified and compressed', async (_name, conditions, maxBytes) => {
  const { outputFiles } = await bundle('index.ts', { packages: 'external', conditions, platform: 'neutral' })
  const ownCode = outputFiles[0]!.text.replaceAll(importOfPackage, '')
  expect(ownCode).not.toMatch(/\bfrom"/)
  expect(gzipSync(ownCode, { level: 9 }).length).toBeLessThanOrEqual(maxBytes)
})
