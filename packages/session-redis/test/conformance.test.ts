import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'ioredis'
import { harnessOf } from './helpers/harness.js'

testConformance(
  harnessOf('redis', (url) => new Redis(url)),
  { strict: true },
)
