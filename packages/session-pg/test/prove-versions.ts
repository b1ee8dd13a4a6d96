// Runs the tests of the store on several versions of PostgreSQL, downloaded from npm, except the tests that start a separate
// server. It is slow and needs a network.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startPostgresProcess } from '@bext-internal/test-services'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const versions = ['14.23.0-beta.17', '15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17', '18.4.0-beta.17']
const tests = [
  'conformance',
  'clients-conformance',
  'migrations',
  'table-names',
  'permissions',
  'doctor',
  'doctor-guards',
  'batching',
  'sweep',
  'late-writes',
  'text',
  'heap-only-updates',
]
const files = tests.map((name) => `packages/session-pg/test/${name}.test.ts`)

const verdicts: string[] = []
for (const version of versions) {
  const server = await startPostgresProcess({ version })
  const [row] = await server.ask('show server_version')
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'tests*', '--reporter', 'dot', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, EVERY_CLIENT: '1', BEXT_POSTGRES_URL: server.url },
  })
  await server.stop()
  verdicts.push(`PostgreSQL ${String(row?.['server_version'])}: ${status === 0 ? 'passed' : 'FAILED'}`)
  if (status !== 0) process.exitCode = 1
}
process.stdout.write(`${verdicts.join('\n')}\n`)
