import { readFile, writeFile } from 'node:fs/promises'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { findings } from './express/findings.js'
import { renderReport } from './express/report.js'
import { openStore, storeNames } from './express/stores.js'
import type { Verdicts } from './express/verdicts.js'
import { judge, mismatches } from './express/verdicts.js'

/** Reads the version of an installed package. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

const [redis, postgres] = await Promise.all([startRedis(), startPostgres()])
try {
  const verdicts: Verdicts[] = []
  const versions = new Map<string, string>()
  for (const name of storeNames) {
    console.log(`${name} …`)
    const store = await openStore[name]({ redisUrl: redis.url, postgresUrl: postgres.url })
    try {
      verdicts.push(await judge(name, store))
    } finally {
      await store.close()
    }
    const packages = await Promise.all(store.packages.map(async (each) => `${each} ${await versionOf(each)}`))
    versions.set(name, packages.length === 0 ? 'this repository' : packages.join(', '))
  }
  const found = mismatches(findings, verdicts)
  for (const each of found) console.error(each)
  if (found.length > 0) process.exitCode = 1
  else
    await writeFile(
      new URL('../../../docs/express-stores.md', import.meta.url),
      renderReport({ verdicts, findings, versions }),
    )
} finally {
  await Promise.all([redis.stop(), postgres.stop()])
}
