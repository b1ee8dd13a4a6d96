import { testConformance } from '@bext/session-conformance/vitest'
import { harnessOf } from './harness.js'

testConformance(harnessOf('pg, partitioned', { layout: { partitions: 4 } }), { strict: true })
