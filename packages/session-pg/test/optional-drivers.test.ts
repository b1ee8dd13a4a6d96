import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { postgresUrl } from './helpers/database.js'

/** Runs a program in a folder where no package is installed. The drivers that it needs are bundled into it. */
async function runWithout(drivers: readonly string[], program: string, ...args: string[]): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'session-pg-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const outfile = join(folder, 'program.mjs')
  await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)` },
    external: [...drivers, 'pg-native'],
    outfile,
  })
  const { stdout, stderr } = spawnSync(process.execPath, [outfile, ...args], { encoding: 'utf8' })
  return `${stdout}${stderr}`
}

it('a store over a Pool works where postgres.js is not installed', async () => {
  const program = `
    import { pgSessions } from '@bext/session-pg'
    import pg from 'pg'
    const client = new pg.Pool({ connectionString: process.argv[2] })
    const { code, message } = await pgSessions({ client, table: 'missing' }).delete('A'.repeat(43)).catch((error) => error)
    console.log(code, message)
    await client.end()`
  expect(await runWithout(['postgres', '@electric-sql/pglite'], program, postgresUrl)).toMatch(
    /^Backend The table does not exist/,
  )
})

it('the option url says what to install where postgres.js is missing', async () => {
  const program = `
    import { pgSessions } from '@bext/session-pg'
    const store = pgSessions({ url: process.argv[2] })
    const { code, reason, message } = await store.delete('A'.repeat(43)).catch((error) => error)
    console.log(code, reason, message)
    await store.close()`
  const output = await runWithout(['postgres', 'pg', '@electric-sql/pglite'], program, postgresUrl)
  expect(output).toMatch(/^Backend failed The option url needs the package postgres\. Run npm install postgres/)
})

const doctor = `await import('../src/doctor/main.ts')`

it('the doctor uses pg where postgres.js is missing', async () => {
  const output = await runWithout(['postgres'], doctor, 'doctor', postgresUrl, '--table', 'missing')
  expect(output).toMatch(/PostgreSQL 1\d/)
  expect(output).toMatch(/Run migrate/)
})

it('the doctor says what to install where no driver is', async () => {
  const output = await runWithout(['postgres', 'pg'], doctor, 'doctor', postgresUrl)
  expect(output).toContain('neither postgres nor pg is installed. Run npm install pg.')
})
