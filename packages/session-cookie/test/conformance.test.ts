import { testConformance } from '@bext/session-conformance/vitest'
import { harness, revocableHarness } from './harness.js'

testConformance(harness, { strict: true })
testConformance(revocableHarness, { strict: true })
