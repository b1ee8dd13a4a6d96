#!/usr/bin/env node
// pnpm bench: compiles benchmarks and stores as they are published, without what a loader adds to each function, and
// starts them. Drivers, peers and servers stay packages of their own.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const outfile = fileURLToPath(new URL('../.cache/main.js', import.meta.url))
await build({
  entryPoints: [fileURLToPath(new URL('../src/main.ts', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['@bext-internal/*', 'connect-redis', 'ioredis', 'redis'],
})
await import(outfile)
