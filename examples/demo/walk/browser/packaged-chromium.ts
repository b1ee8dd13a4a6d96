import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createBrotliDecompress } from 'node:zlib'
import { extract } from 'tar-fs'

/** A Chromium, and the environment that it needs. */
export interface Chromium {
  readonly executablePath: string
  readonly env: NodeJS.ProcessEnv
  /** False for a Chromium without windows, which has no device-bound sessions. */
  readonly isFull: boolean
}

const caches = fileURLToPath(new URL('../../../../node_modules/.cache/bext-chromium', import.meta.url))

/** Returns true if the Chromium of the npm package `@sparticuz/chromium` runs here: on Linux with glibc, on x64. */
export function runsPackagedChromium(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}

/** Returns a configuration of fontconfig: the fonts of the machine, and the packaged font for a machine that has none. */
const fontConfig = (fonts: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${fonts}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`

async function unpack(home: URL, target: string, folder: string): Promise<void> {
  const read = (name: string): NodeJS.ReadableStream => createReadStream(new URL(`bin/${name}`, home))
  await mkdir(target, { recursive: true })
  await Promise.all([
    pipeline(
      read('chromium.br'),
      createBrotliDecompress(),
      createWriteStream(join(target, 'chromium'), { mode: 0o755 }),
    ),
    // Libraries that a machine without a desktop may not have.
    pipeline(read('al2023.tar.br'), createBrotliDecompress(), extract(join(target, 'libraries'))),
    pipeline(read('fonts.tar.br'), createBrotliDecompress(), extract(join(target, 'fonts'))),
    writeFile(join(target, 'fonts.conf'), fontConfig(join(folder, 'fonts'))),
  ])
}

/** Unpacks the Chromium of the npm package once, into the folder for caches. */
export async function packagedChromium(): Promise<Chromium> {
  const home = new URL('../../', import.meta.resolve('@sparticuz/chromium'))
  const { version } = JSON.parse(await readFile(new URL('package.json', home), 'utf8')) as { readonly version: string }
  const folder = join(caches, version)
  if (!existsSync(folder)) {
    const temporary = `${folder}-${process.pid}`
    try {
      await unpack(home, temporary, folder)
      await rename(temporary, folder)
    } catch (error) {
      // Another process may have unpacked it meanwhile.
      if (!existsSync(folder)) throw error
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'libraries/lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
    isFull: false,
  }
}
