import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'ioredis'
import { harnessOf } from './lib/harness.js'

testConformance(
  harnessOf('redis', (url) => new Redis(url)),
  { strict: true },
)
