import { testConformance } from '@bext/session-conformance/vitest'
import { Redis as Valkey } from 'iovalkey'
import { afterAll } from 'vitest'
import { createHarness, opens } from './harness.js'
import { openAdapted } from './helpers/adapted.js'
import { clusterThrough, opened } from './helpers/node-redis-clients.js'
import { allVersions, mainVersions } from './helpers/node-redis-versions.js'
import { startOneShardCluster } from './helpers/one-shard-cluster.js'

const strict = { strict: true }

if (process.env['EVERY_CLIENT'] === '1') {
  // Run by `pnpm clients`.
  const server = await startOneShardCluster()
  afterAll(() => server.stop())
  testConformance(createHarness('an adapter', openAdapted), strict)
  testConformance(createHarness('redis by iovalkey', opens(Valkey)), strict)
  for (const [version, driver] of allVersions) {
    const { createClient, createClientPool } = driver
    const kinds = [
      createHarness(`createClient of node-redis ${version}`, (url) => opened(createClient({ url }))),
      createHarness(`createClientPool of node-redis ${version}`, (url) => opened(createClientPool({ url }))),
      createHarness(`createCluster of node-redis ${version}`, clusterThrough(driver), server.url),
    ]
    for (const harness of kinds) testConformance(harness, strict)
  }
} else {
  const [[version, { createClient }]] = mainVersions
  testConformance(
    createHarness(`redis by node-redis ${version}`, (url) => opened(createClient({ url }))),
    strict,
  )
}
