import { testConformance } from '@bext/session-conformance/vitest'
import { Redis } from 'ioredis'
import { createHarness, opens } from './harness.js'

testConformance(createHarness('redis', opens(Redis)), { strict: true })
