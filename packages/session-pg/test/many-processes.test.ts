import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pgSessions } from '@bext/session-pg'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { newSchema, openClient, postgresUrl } from './helpers/database.js'

const processes = 50

/** Bundles the program into one file, without the driver, so that it starts quickly. */
async function compile(program: string): Promise<string> {
  const folder = await mkdtemp(join(import.meta.dirname, '.compiled-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const outfile = join(folder, 'program.mjs')
  await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['postgres'],
    outfile,
  })
  return outfile
}

it(`serves ${processes} processes that migrate and create sessions at the same time`, async () => {
  const owner = openClient()
  const schema = await newSchema(owner)
  const program = await compile(`
    import { migrate, pgSessions } from '@bext/session-pg'
    import postgres from 'postgres'
    const [url, schema] = process.argv.slice(2)
    const sql = postgres(url, { max: 1, onnotice: () => process.exit(3) })
    await migrate(sql, { schema })
    await pgSessions({ client: sql, schema, timeoutMs: 60_000 }).create({ userId: 'ann', dataJson: '{}', ttlMs: 600_000 })
    await sql.end()
  `)
  const codes = await Promise.all(
    Array.from({ length: processes }, () =>
      once(spawn(process.execPath, [program, postgresUrl, schema], { stdio: 'inherit' }), 'exit'),
    ),
  )
  expect(codes).toEqual(codes.map(() => [0, null]))
  expect(await pgSessions({ client: owner, schema }).listUserSessions('ann')).toHaveLength(processes)
})
