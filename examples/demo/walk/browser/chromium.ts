import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { chromium as playwright } from 'playwright-core'
import { UserError } from '../../src/user-error.js'
import type { Chromium } from './packaged-chromium.js'
import { packagedChromium, runsPackagedChromium } from './packaged-chromium.js'

// On Windows with a TPM. Elsewhere with software keys, for tests.
const firstWithDeviceBoundSessions = 145
const deviceBoundSessions =
  '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting'
const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Returns the first Chromium in the folders of a PATH, or undefined if PATH has none. */
export function findInstalledChromium(path: string | undefined): Chromium | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '')
  const file = programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable)
  return file === undefined ? undefined : { executablePath: file, env: {}, isFull: true }
}

function missingChromium(): UserError {
  const missing = `PATH contains no Chromium (looked for ${programs.join(', ')}).`
  const why = 'The Chromium from npm runs on Linux with glibc, on x64, only.'
  return new UserError(`${missing} ${why}\nInstall Chromium or Chrome, add it to PATH, and try again.`)
}

/**
 * Resolves to the Chromium of PATH, which has device-bound sessions, or otherwise to that from npm. Rejects with the remedy if
 * PATH has none and that from npm does not run here.
 */
export async function needChromium(
  path = process.env['PATH'],
  runsPackaged = runsPackagedChromium(),
): Promise<Chromium> {
  const installed = findInstalledChromium(path)
  if (installed) return installed
  if (runsPackaged) return packagedChromium()
  throw missingChromium()
}

/** Returns true if the browser binds sessions to the device. */
export function hasDeviceBoundSessions({ isFull }: Chromium, browser: Browser): boolean {
  return isFull && Number.parseInt(browser.version(), 10) >= firstWithDeviceBoundSessions
}

async function launch(
  { executablePath, env }: Chromium,
  home: string,
  trustedKey: string | undefined,
): Promise<Browser> {
  try {
    return await playwright.launch({
      executablePath,
      // Chromium refuses to run with a sandbox as root.
      chromiumSandbox: process.getuid?.() !== 0,
      // Chromium stores settings, caches and temporary files in this folder, which is removed afterwards.
      env: { ...process.env, ...env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      // Playwright disables the back/forward cache, which visitors' browsers have.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      args: [
        // Without windows there is no GPU, and its replacement costs CPU time.
        '--disable-gpu',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
        // Device-bound sessions need HTTPS without certificate errors. The keys are in software, because servers have no TPM.
        ...(trustedKey === undefined
          ? []
          : [deviceBoundSessions, `--ignore-certificate-errors-spki-list=${trustedKey}`]),
      ],
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UserError(`Cannot start ${executablePath}: ${message}`)
  }
}

/**
 * Runs Chromium without windows while `use` is pending. It trusts a certificate whose public key has the SHA-256 `trustedKey`, in
 * base64. An aborted signal ends it at once, and pending calls reject.
 */
export async function withChromium(
  chromium: Chromium,
  signal: AbortSignal,
  use: (browser: Browser) => Promise<void>,
  trustedKey?: string,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'bext-demo-'))
  try {
    const browser = await launch(chromium, home, trustedKey)
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
