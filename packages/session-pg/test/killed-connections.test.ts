import { pgSessions } from '@bext/session-pg'
import { expect, it, onTestFinished } from 'vitest'
import { startLoad } from './load.js'
import { newTable, openClient, patient, postgresUrl, randomName } from './support.js'

it('E1 E4 R6 U4 loses no acknowledged write and revives no session while its connections are killed', async () => {
  const sql = openClient()
  const table = await newTable(sql)
  const applicationName = randomName()
  const url = new URL(postgresUrl)
  url.searchParams.set('application_name', applicationName)
  const store = pgSessions({ url: url.href, table })
  onTestFinished(() => store.close())

  const load = startLoad(store)
  let killed = 0
  for (let kill = 1; kill <= 5; kill += 1) {
    const before = load.written()
    await expect.poll(load.written, { ...patient, interval: 1 }).toBeGreaterThan(before + 100)
    const rows = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${applicationName}`
    killed += rows.length
  }
  await load.stop()
  expect(killed).toBeGreaterThan(0)
  expect([...load.codes]).toEqual(['Backend'])

  await expect.poll(() => store.isHealthy(), patient).toBe(true)
  await load.verify(store)
})
