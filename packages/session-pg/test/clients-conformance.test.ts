import { testConformance } from '@bext/session-conformance/vitest'
import { drivers } from './helpers/drivers.js'
import { harnessOf } from './harness.js'

const strict = { strict: true }

testConformance(harnessOf('pg, with a Pool of node-postgres', { driver: drivers.pg }), strict)

if (process.env['EVERY_CLIENT'] === '1') {
  // Run by `pnpm clients`.
  testConformance(harnessOf('pg, partitioned', { layout: { partitions: 4 } }), strict)
}
