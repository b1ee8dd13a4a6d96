import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'iovalkey'
import { createHarness } from './harness.js'

testConformance(
  createHarness('redis by iovalkey', (url) => new Redis(url)),
  { strict: true },
)
