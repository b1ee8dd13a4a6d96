import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'iovalkey'
import { createHarness, opens } from './harness.js'

testConformance(createHarness('redis by iovalkey', opens(Redis)), { strict: true })
