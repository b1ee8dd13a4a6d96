import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

function bundle(entry: string, options: object) {
  return build({
    entryPoints: [file(entry)],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    logLevel: 'silent',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    ...options,
  })
}

test.each(['workerd', 'edge-light', 'browser', 'none'])(
  'a bundle for the condition %s uses nothing of Node',
  async (condition) => {
    const { metafile, outputFiles } = await bundle('../../src/index.ts', { conditions: [condition] })
    const inputs = Object.entries(metafile.inputs)
    expect(inputs.flatMap(([, { imports }]) => imports).filter(({ external }) => external === true)).toEqual([])
    expect(inputs.map(([path]) => path).join()).toContain('mac-web.ts')
    expect(outputFiles[0]?.text).not.toMatch(/\b(?:Buffer|setImmediate|require|__dirname)\b[.(]|\bprocess\./)
  },
)

/** Names of an edge runtime that V8 does not define, and the classes of bytes that they return. */
const names = `AbortController AbortSignal ArrayBuffer DOMException Event EventTarget Headers Request Response TextDecoder
  TextEncoder URL URLSearchParams Uint8Array atob btoa clearInterval clearTimeout console crypto fetch performance
  queueMicrotask setInterval setTimeout structuredClone`

test('browsers register, refresh and sign out with the APIs of the web alone', async () => {
  const { outputFiles } = await bundle('walk.ts', { conditions: ['edge-light'], format: 'iife', globalName: 'device' })
  const context = createContext(
    Object.fromEntries(names.split(/\s+/).map((name) => [name, Reflect.get(globalThis, name) as unknown])),
  )
  runInContext(outputFiles[0]?.text ?? '', context)
  expect(runInContext('typeof process + typeof Buffer + typeof require', context)).toBe('undefined'.repeat(3))
  const algorithms: unknown = await runInContext('device.walk()', context)
  expect(Array.from(algorithms as string[])).toEqual(['ES256', 'RS256'])
})
