import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { supervise } from '../src/supervisor.js'
import { footprintOfPostgres, footprintOfRedis, isAlive, privateFolder } from './support.js'

vi.setConfig({ testTimeout: 120_000 })

const tsx = fileURLToPath(import.meta.resolve('tsx'))
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const soon = { timeout: 30_000, interval: 20 }

type Fixture = ChildProcessByStdio<null, Readable, null> & { readonly pid: number }

/** Runs a fixture in a separate process group, with a folder for its servers. */
function spawnFixture(name: string, folder: string): Fixture {
  const child = spawn(process.execPath, ['--import', tsx, join(fixtures, name)], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child as Fixture
}

function serverFolders(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('bext-'))
}

describe('after the process that started the servers', () => {
  test.each([
    ['is terminated', (pid: number) => process.kill(pid, 'SIGTERM')],
    ['gets Ctrl-C, as all of its process group does', (pid: number) => process.kill(-pid, 'SIGINT')],
    ['is killed with all of its process group', (pid: number) => process.kill(-pid, 'SIGKILL')],
  ])('%s: the servers end and their folders go', async (_, end) => {
    const folder = await privateFolder()
    const holder = spawnFixture('hold-servers.ts', folder)
    const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string]
    const [redisUrl = '', postgresUrl = ''] = JSON.parse(line) as string[]
    const footprints = [await footprintOfRedis(redisUrl), await footprintOfPostgres(postgresUrl)]
    for (const { pid } of footprints) expect(isAlive(pid)).toBe(true)
    expect(serverFolders(folder)).toHaveLength(2)
    end(holder.pid)
    await vi.waitFor(() => expect(serverFolders(folder)).toEqual([]), soon)
    for (const { pid } of footprints) expect(isAlive(pid)).toBe(false)
  })

  test('is killed while PostgreSQL initializes its data, nothing remains', async () => {
    const folder = await privateFolder()
    const holder = spawnFixture('hold-servers.ts', folder)
    await vi.waitFor(() => {
      const started = serverFolders(folder).some((name) => existsSync(join(folder, name, 'data')))
      expect(started).toBe(true)
    }, soon)
    holder.kill('SIGKILL')
    await vi.waitFor(() => expect(serverFolders(folder)).toEqual([]), soon)
  })
})

test('a process that does not call stop() still ends, and its server ends with it', async () => {
  const folder = await privateFolder()
  const [code] = (await once(spawnFixture('forget-server.ts', folder), 'exit')) as [number]
  expect(code).toBe(0)
  await vi.waitFor(() => expect(serverFolders(folder)).toEqual([]), soon)
})

describe('the supervisor', () => {
  const stubborn = `
    process.on('SIGTERM', () => {})
    require('fs').writeFileSync('up', '')
    setInterval(() => {}, 1000)`

  test('kills a command that ignores its stop signal', async () => {
    const supervisor = await supervise('stubborn')
    const ended = supervisor.launch({ command: process.execPath, args: ['-e', stubborn] })
    await vi.waitFor(() => expect(existsSync(join(supervisor.folder, 'up'))).toBe(true), soon)
    await supervisor.stop()
    expect(await ended).toBe('was ended by SIGKILL')
    expect(existsSync(supervisor.folder)).toBe(false)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('cleans up when it receives %s', async (signal) => {
    const supervisor = await supervise('signalled')
    const ended = supervisor.launch({ command: 'sleep', args: ['600'] })
    process.kill(supervisor.pid, signal)
    expect(await ended).toBe('was ended by SIGTERM')
    await supervisor.stop()
    expect(existsSync(supervisor.folder)).toBe(false)
  })

  test('reports a command that cannot be run', async () => {
    const supervisor = await supervise('missing')
    onTestFinished(() => supervisor.stop())
    const missing = { command: join(supervisor.folder, 'missing'), args: [] }
    await expect(supervisor.run(missing)).rejects.toThrow(/missing could not be run .*ENOENT/)
  })
})
