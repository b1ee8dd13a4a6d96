import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { chromium as playwright } from 'playwright-core'
import { UserError } from '../../src/user-error.js'
import type { Chromium } from './packaged-chromium.js'
import { packagedChromium, runsPackagedChromium } from './packaged-chromium.js'

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Returns the first Chromium in the folders of a PATH. Throws a `UserError` with the remedy if PATH has none. */
export function needInstalledChromium(path: string | undefined): Chromium {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '')
  const file = programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable)
  if (file !== undefined) return { executablePath: file, env: {} }
  const missing = `PATH contains no Chromium (looked for ${programs.join(', ')}).`
  const why = 'The Chromium from npm runs on Linux with glibc, on x64, only.'
  throw new UserError(`${missing} ${why}\nInstall Chromium or Chrome, add it to PATH, and try again.`)
}

/** Resolves to the Chromium from npm or, where it does not run, to that of PATH. Rejects with the remedy if both are missing. */
export async function needChromium(): Promise<Chromium> {
  return runsPackagedChromium() ? packagedChromium() : needInstalledChromium(process.env['PATH'])
}

async function launch({ executablePath, env }: Chromium, home: string): Promise<Browser> {
  try {
    return await playwright.launch({
      executablePath,
      // Chromium refuses to run with a sandbox as root.
      chromiumSandbox: process.getuid?.() !== 0,
      // Chromium stores settings, caches and temporary files in this folder, which is removed afterwards.
      env: { ...process.env, ...env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      // Playwright disables the back/forward cache, which visitors' browsers have.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost'],
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UserError(`Cannot start ${executablePath}: ${message}`)
  }
}

/** Runs Chromium without windows while `use` is pending. An aborted signal ends it at once, and pending calls reject. */
export async function withChromium(
  chromium: Chromium,
  signal: AbortSignal,
  use: (browser: Browser) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'bext-demo-'))
  try {
    const browser = await launch(chromium, home)
    const close = (): void => void browser.close()
    signal.addEventListener('abort', close)
    try {
      signal.throwIfAborted()
      await use(browser)
    } finally {
      signal.removeEventListener('abort', close)
      await browser.close()
    }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}
