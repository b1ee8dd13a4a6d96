import type { OutgoingHttpHeaders } from 'node:http'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { createApp } from '../src/app.js'
import { findInstalledChromium, needChromium, withChromium } from '../walk/browser/chromium.js'
import { runsPackagedChromium } from '../walk/browser/packaged-chromium.js'
import { walkInBrowser } from '../walk/browser/walk.js'
import { createReport } from '../walk/report.js'
import { startServer } from '../src/server.js'
import { openMemoryStore } from '../src/stores/memory.js'
import { ended, startDemo } from './start-demo.js'

const stores = ['memory', 'cookie', ...(isBuiltin('node:sqlite') ? ['sqlite'] : []), 'redis', 'pg']
const env = {
  BEXT_REDIS_URL: inject('redisUrl'),
  BEXT_POSTGRES_URL: inject('postgresUrl'),
  // Node 22 warns of node:sqlite.
  NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
}
const longMs = 240_000
const hasFullChromium = findInstalledChromium(process.env['PATH']) !== undefined

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bext-demo-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the walk on an app with changed response headers. */
async function walkWith(change: (headers: OutgoingHttpHeaders) => OutgoingHttpHeaders): Promise<void> {
  const store = openMemoryStore()
  const server = await startServer((url) => {
    const app = createApp(store, url)
    return {
      ...app,
      respond(request, response) {
        const writeHead = response.writeHead.bind(response)
        const changed = (status: number, headers: OutgoingHttpHeaders): unknown => {
          const all = change({ ...response.getHeaders(), ...headers })
          for (const name of response.getHeaderNames()) response.removeHeader(name)
          return writeHead(status, all)
        }
        app.respond(request, Object.assign(response, { writeHead: changed }))
      },
    }
  }, 0)
  onTestFinished(() => server.close())
  const report = createReport(() => {})
  // The Chromium from npm starts faster.
  const chromium = await needChromium(runsPackagedChromium() ? '' : process.env['PATH'])
  await withChromium(chromium, new AbortController().signal, (browser) =>
    walkInBrowser({ browser, store, url: server.url, report, bindsDevices: false, picture: async () => {} }),
  )
}

it('says what to install where there is no browser', async () => {
  const folder = await newFolder()
  const remedy = /^PATH contains no Chromium .*\nInstall Chromium or Chrome/
  await expect(needChromium(folder, false)).rejects.toThrow(remedy)
})

it('finds the browser of the machine in PATH', async () => {
  const [empty, folder] = [await newFolder(), await newFolder()]
  await writeFile(join(empty, 'chromium'), '')
  await writeFile(join(folder, 'google-chrome'), '', { mode: 0o755 })
  const found = await needChromium([empty, folder].join(delimiter))
  expect(found).toMatchObject({ executablePath: join(folder, 'google-chrome'), isFull: true })
})

it(
  'walks through a visit on each store, keeps pictures, and leaves nothing else behind',
  { timeout: longMs },
  async () => {
    const [pictures, home] = [await newFolder(), await newFolder()]
    // Where Chromium would keep its settings, and where profiles are.
    const places = { HOME: home, TMPDIR: home }
    const { code, stdout, stderr } = await ended(
      startDemo(['--browser', '--screenshots', pictures], { ...env, ...places }),
    )
    expect(stderr).toBe('')
    for (const store of stores) expect(stdout).toContain(`\n${store}: `)
    expect(stdout).toContain(`Every check passed on ${stores.join(', ')}.`)
    expect(code).toBe(0)
    const isBound = stdout.split('the devices page says "Bound to this device"').length - 1
    const isUnable = stdout.split('This Chromium has no device-bound sessions').length - 1
    // The sealed cookie cannot be bound.
    const bindable = stores.length - 1
    expect([isBound, isUnable]).toEqual(hasFullChromium ? [bindable, 0] : [0, bindable])

    const onEach = ['phone', 'signed-in', 'signed-out']
    const whereListed = ['admin', 'devices', 'phone-devices']
    const names = stores.flatMap((store) =>
      [...onEach, ...(store === 'cookie' ? [] : whereListed)].map((view) => `${store}-${view}.png`),
    )
    expect((await readdir(pictures)).toSorted()).toEqual(names.toSorted())
    for (const name of names) {
      expect((await readFile(join(pictures, name))).subarray(1, 4).toString()).toBe('PNG')
    }
    const left = await readdir(home)
    expect(left.filter((name) => !name.startsWith('tsx-'))).toEqual([])
  },
)

it(
  'fails where the browser may keep pages: then "back" shows them after the sign-out',
  { timeout: longMs },
  async () => {
    const walk = walkWith((headers) => ({ ...headers, 'cache-control': 'private' }))
    await expect(walk).rejects.toThrow('"back" does not show the user again')
  },
)

it('fails where scripts can read the cookie', { timeout: longMs }, async () => {
  const walk = walkWith((headers) => {
    const cookies = [headers['set-cookie'] ?? []].flat()
    return { ...headers, 'set-cookie': cookies.map((cookie) => cookie.replace('; HttpOnly', '')) }
  })
  await expect(walk).rejects.toThrow('scripts cannot read it')
})

it('ends the browser, too, when it is interrupted', { timeout: longMs }, async () => {
  const home = await newFolder()
  const child = startDemo(['--browser', '--store', 'memory'], { TMPDIR: home })
  const end = ended(child)
  // The first check has been made: the browser is in the middle of it.
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: string) => {
      if (text.includes('ok ')) resolve()
    })
  })
  child.kill('SIGINT')
  expect((await end).code).toBe(130)
  expect((await readdir(home)).filter((name) => !name.startsWith('tsx-'))).toEqual([])
})
