import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'ioredis'
import { createHarness } from './harness.js'

testConformance(
  createHarness('redis', (url) => new Redis(url)),
  { strict: true },
)
