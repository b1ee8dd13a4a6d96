import { cp, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { postgres } from '../src/postgres.js'
import { thisMachine, type Binaries } from '../src/environment.js'
import { emptyMachine, ownProcesses } from './machines.js'
import { openPostgres, privateFolder, startForTest } from './support.js'

vi.setConfig({ testTimeout: 120_000 })

/** Makes a folder with PostgreSQL's programs that only the user who runs the tests can read. */
async function privateBinaries(): Promise<string> {
  const folder = await privateFolder()
  let installed: Binaries
  try {
    installed = postgres.findBinaries(thisMachine)
  } catch {
    installed = await postgres.fetchBinaries(thisMachine)
    await cp(dirname(installed.folder), folder, { recursive: true, verbatimSymlinks: true })
    return join(folder, 'bin')
  }
  await mkdir(join(folder, 'bin'))
  for (const name of ['initdb', 'postgres']) await symlink(join(installed.folder, name), join(folder, 'bin', name))
  return join(folder, 'bin')
}

test('PostgreSQL starts for any user, including root, in a folder that only that user can read', async () => {
  const folder = await privateFolder()
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { url } = await startForTest(postgres, ownProcesses)
  const [row] = await openPostgres(url)`show data_directory`
  expect(row?.['data_directory']).toContain(folder)
})

test('PostgreSQL starts without user namespaces, from binaries that only root can read', async () => {
  const withoutUnshare = { ...emptyMachine, postgresPlaces: [await privateBinaries()] }
  const { url } = await startForTest(postgres, withoutUnshare)
  expect(await openPostgres(url)`select 1 as one`).toEqual([{ one: 1 }])
})
