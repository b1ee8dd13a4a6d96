import { testConformance } from '@bext/session-conformance/vitest'
import { drivers } from './helpers/drivers.js'
import { harnessOf } from './harness.js'

testConformance(harnessOf('pg, with a Pool of node-postgres', { driver: drivers.pg }), { strict: true })
