import { testConformance } from '@bext/session-conformance/vitest'
import { harnessOf } from './harness.js'

testConformance(harnessOf('pg'), { strict: true })
