import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'iovalkey'
import { harnessOf } from './helpers/harness.js'

testConformance(
  harnessOf('redis by iovalkey', (url) => new Redis(url)),
  { strict: true },
)
