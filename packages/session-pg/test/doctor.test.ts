import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startPgBouncer, startPostgresPair } from '@bext-internal/test-services'
import { bundleProgram } from '@bext-internal/test-services/bundle'
import type { Finding } from '@bext/session-core/doctor'
import { diagnosePg, migrate, pgSessions, type LayoutOptions } from '@bext/session-pg'
import type postgres from 'postgres'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { newSchema, openClient, pollOptions, postgresUrl, quoted, randomName, rejectionOf } from './helpers/database.js'

const program = await bundleProgram(fileURLToPath(new URL('../src/doctor/main.ts', import.meta.url)))
afterAll(() => program.remove())

interface Target {
  readonly sql: postgres.Sql
  readonly schema: string
  /** A random name, because other tests have tables with the default name in the schemas of the search_path. */
  readonly name: string
  /** The quoted name, with the schema. */
  readonly table: string
  /** Resolves to the findings about a subject. */
  readonly about: (subject: string) => Promise<readonly Finding[]>
}

async function newTarget(layout: LayoutOptions = {}): Promise<Target> {
  const sql = openClient()
  const schema = await newSchema(sql)
  const name = randomName()
  await migrate(sql, { ...layout, schema, table: name })
  return {
    sql,
    schema,
    name,
    table: quoted({ schema, table: name }),
    async about(subject) {
      const findings = await diagnosePg(sql, { schema, table: name, timeoutMs: 20_000 })
      return findings.filter((finding) => finding.subject === subject)
    },
  }
}

/** Inserts rows, of which a percentage expired long ago. */
async function fill({ sql, table }: Target, rows: number, expiredPercent: number): Promise<void> {
  await sql.unsafe(`insert into ${table} select n, null, 0,
    case when n % 100 < ${expiredPercent} then 1 else 9e15 end, '1' from generate_series(1, ${rows}) as n`)
}

describe('diagnosePg', () => {
  it.each([{}, { partitions: 2 }])(
    'finds no problem with a table in use by the store, with the layout %j',
    async (layout) => {
      const { sql, schema, name } = await newTarget(layout)
      const store = pgSessions({ client: sql, schema, table: name })
      const id = await store.create({ userId: 'ann', dataJson: '1', ttlMs: 60_000 })
      await store.touch(id, 90_000)
      const findings = await diagnosePg(sql, { schema, table: name, timeoutMs: 20_000 })
      // The servers of tests run without fsync.
      const problems = findings.filter(({ level, subject }) => level === 'problem' && subject !== 'durability')
      expect(problems).toEqual([])
      const subjects = ['version', 'clock', 'connections', 'pooler', 'table', 'privileges', 'index', 'vacuum', 'sweep']
      expect(findings.map(({ subject }) => subject)).toEqual(expect.arrayContaining(subjects))
    },
  )

  it('reports a missing table', async () => {
    const findings = await diagnosePg(openClient(), { table: randomName() })
    expect(findings.at(-1)).toMatchObject({ level: 'problem', subject: 'table', found: 'it is missing' })
  })

  it('reports the version of the table', async () => {
    const { sql, table, about } = await newTarget()
    expect(await about('table')).toMatchObject([{ level: 'ok', found: 'version 1' }])
    await sql.unsafe(`comment on table ${table} is '@bext/session-pg schema 9'`)
    expect(await about('table')).toMatchObject([{ level: 'problem', found: 'version 9, but this release needs 1' }])
    await sql.unsafe(`comment on table ${table} is '@bext/session-pg schema 0'`)
    expect(await about('table')).toMatchObject([{ level: 'problem', advice: 'Run migrate(client).' }])
    await sql.unsafe(`comment on table ${table} is null`)
    expect(await about('table')).toMatchObject([{ level: 'problem', found: expect.stringContaining('no version') }])
  })

  it('reports missing columns', async () => {
    const { sql, table, about } = await newTarget()
    await sql.unsafe(`alter table ${table} rename column data_json to data`)
    expect(await about('table')).toMatchObject([{}, { level: 'problem', found: 'it lacks the columns data_json text' }])
  })

  it('reports an unlogged table', async () => {
    const { about } = await newTarget({ unlogged: true, partitions: 2 })
    expect(await about('table')).toMatchObject([{}, { level: 'warning', found: 'it is unlogged' }])
  })

  it('reports another table with the same name on the search_path', async () => {
    const { sql, schema, name } = await newTarget()
    const other = await newSchema(sql)
    await migrate(sql, { schema: other, table: name })
    const both = openClient({ connection: { search_path: `${other},${schema}` } })
    const found = 'another schema of the search_path has a table with this name'
    expect(await diagnosePg(both, { schema, table: name })).toContainEqual(
      expect.objectContaining({ level: 'warning', found }),
    )
  })

  it('reports missing indexes, and an index that prevents heap-only updates', async () => {
    const { sql, schema, name, table, about } = await newTarget()
    expect(await about('index')).toMatchObject([{ level: 'ok' }])
    await sql.unsafe(`create index on ${table} (expires_at_ms)`)
    expect(await about('index')).toMatchObject([
      { level: 'problem', found: 'an index contains expires_at_ms or data_json' },
    ])
    await sql.unsafe(`drop index ${quoted({ schema, table: `${name}_user_id_idx` })}`)
    expect(await about('index')).toMatchObject([{ found: 'there is no valid index by user_id' }, {}])
    await sql.unsafe(`alter table ${table} drop constraint ${name}_pkey`)
    expect(await about('index')).toMatchObject([{ found: 'there is no primary key' }, {}, {}])
  })

  it('reports missing rights, and a superuser', async () => {
    const { sql, schema, name, about } = await newTarget()
    const [me] = await sql`select rolsuper as is from pg_roles where rolname = current_user`
    expect(me).toEqual({ is: true })
    expect(await about('privileges')).toMatchObject([{ level: 'warning', found: 'the role is a superuser' }])

    const role = randomName()
    await sql`create role ${sql(role)}`
    onTestFinished(async () => {
      await sql`drop owned by ${sql(role)}`
      await sql`drop role ${sql(role)}`
    })
    const asRole = openClient({ connection: { role } })
    await sql`grant usage on schema ${sql(schema)} to ${sql(role)}`
    await sql`grant select, insert on ${sql(schema)}.${sql(name)} to ${sql(role)}`
    const about2 = async () => {
      const findings = await diagnosePg(asRole, { schema, table: name })
      return findings.filter(({ subject }) => subject === 'privileges')
    }
    expect(await about2()).toMatchObject([{ level: 'problem', found: 'the role lacks update, delete' }])
    await sql`grant update, delete on ${sql(schema)}.${sql(name)} to ${sql(role)}`
    expect(await about2()).toMatchObject([{ level: 'ok' }])
    await sql`revoke select on ${sql(schema)}.${sql(name)} from ${sql(role)}`
    const findings = await diagnosePg(asRole, { schema, table: name })
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'sweep', found: 'not checked' }))
  })

  it('reports updates that are not heap-only', async () => {
    const one = await newTarget()
    await fill(one, 2000, 0)
    await one.sql.unsafe(`create index on ${one.table} (expires_at_ms)`)
    await one.sql.unsafe(`update ${one.table} set expires_at_ms = expires_at_ms - 1`)
    const seen = (): Promise<readonly Finding[]> => one.about('updates')
    await expect
      .poll(seen, pollOptions)
      .toMatchObject([{ level: 'problem', found: '0 % of 2000 updates were heap-only' }])
  })

  it('reports dead rows, and that autovacuum is off', async () => {
    const one = await newTarget()
    await one.sql.unsafe(`alter table ${one.table} set (autovacuum_vacuum_threshold = 1000000)`)
    await fill(one, 2000, 0)
    await one.sql.unsafe(`delete from ${one.table} where id::int <= 1000`)
    const seen = (): Promise<readonly Finding[]> => one.about('vacuum')
    await expect.poll(seen, pollOptions).toMatchObject([{ level: 'warning', found: '1000 of 2000 rows are dead' }])
    await one.sql.unsafe(`alter table ${one.table} set (autovacuum_enabled = false)`)
    expect(await seen()).toMatchObject([{ level: 'problem', found: expect.stringContaining('autovacuum is off') }])
  })

  it('reports that sweeping does not run', async () => {
    const one = await newTarget({ partitions: 2 })
    await fill(one, 3000, 50)
    expect(await one.about('sweep')).toMatchObject([
      { level: 'problem', found: '1500 of 3000 sessions expired more than an hour ago' },
    ])
    const store = pgSessions({ client: one.sql, schema: one.schema, table: one.name })
    await store.sweep({ maxRecords: 1400 })
    expect(await one.about('sweep')).toMatchObject([{ level: 'ok' }])
  })

  it('reports a wrong clock', async () => {
    const { about } = await newTarget()
    const nowMs = Date.now.bind(Date)
    const ahead = vi.spyOn(Date, 'now').mockImplementation(() => nowMs() + 65_000)
    onTestFinished(() => ahead.mockRestore())
    expect(await about('clock')).toMatchObject([
      { level: 'warning', found: expect.stringMatching(/differ by 6\d\.\d s$/) },
    ])
  })

  it('reports a pooler', async () => {
    const pooler = await startPgBouncer(postgresUrl, 2)
    onTestFinished(() => pooler.stop())
    const findings = await diagnosePg(openClient({}, pooler.url), { table: randomName() })
    expect(findings).toContainEqual(expect.objectContaining({ level: 'warning', subject: 'pooler' }))
  })

  it('reports a standby, and fsync that is off', async () => {
    const pair = await startPostgresPair()
    onTestFinished(() => pair.stop())
    const findings = await diagnosePg(openClient({}, pair.standby.url))
    expect(findings).toContainEqual(expect.objectContaining({ level: 'problem', found: 'the server is a standby' }))
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'problem', found: 'fsync off, synchronous_commit on' }),
    )
  })

  it('rejects if the server cannot be reached, and for wrong options', async () => {
    const nobody = diagnosePg(openClient({}, 'postgres://127.0.0.1:1/none'))
    expect(await rejectionOf(nobody)).toMatchObject({ code: 'Backend', reason: 'unavailable' })
    await expect(diagnosePg({} as postgres.Sql)).rejects.toThrow(TypeError)
    await expect(diagnosePg(openClient(), { tabel: 'x' } as object)).rejects.toThrow(/no option "tabel"/)
  })
})

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...program.args, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

describe('the command', () => {
  it('prints the findings as text and as JSON, and exits with 1 if there is a problem', async () => {
    const table = randomName()
    const text = await run('doctor', postgresUrl, '--table', table)
    expect(text).toMatchObject({ code: 1, stderr: '' })
    expect(text.stdout).toContain('PROBLEM  table: it is missing')
    const json = await run('doctor', postgresUrl, '--table', table, '--json')
    expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ found: 'it is missing' }))
  })

  it('works through a pooler', async () => {
    const pooler = await startPgBouncer(postgresUrl, 2)
    onTestFinished(() => pooler.stop())
    const { code, stdout, stderr } = await run('doctor', pooler.url, '--table', randomName())
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toContain('pooler: there is a pooler')
  })

  it('says what it expects, and never prints a password', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: session-pg doctor/) })
    const version = await run('--version')
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    const wrong = [
      ['examine', 'postgres://u:secret@h/d'],
      ['doctor', 'redis://u:secret@h'],
      ['doctor', 'postgres://u:secret@127.0.0.1:1/d', '--prefix=x'],
      ['doctor', 'postgres://u:secret@127.0.0.1:1/d', '--table', ''],
      ['doctor', 'postgres://u:secret@127.0.0.1:1/d'],
      ['doctor', 'postgres://u:se%cret@127.0.0.1:x/d'],
    ]
    for (const { code, stdout, stderr } of await Promise.all(wrong.map((args) => run(...args)))) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).not.toBe('')
      expect(stderr).not.toMatch(/secret|se%cret/)
    }
  })
})
