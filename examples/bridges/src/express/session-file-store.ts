import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expressHarness } from '@bext/session-conformance/express'
import session from 'express-session'
import createFileStore from 'session-file-store'
import type { StoreUnderTest } from './store-under-test.js'

const FileStore = createFileStore(session)

/** Opens session-file-store with its defaults, in a folder for each namespace. */
export async function openSessionFileStore(): Promise<StoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'session-file-store-'))
  return {
    packages: ['session-file-store'],
    harness: expressHarness({
      name: 'session-file-store',
      // Without logFn it prints each of its retries.
      open: ({ namespace }) => ({ store: new FileStore({ path: join(root, namespace), logFn: () => {} }) }),
      async inspect(namespace) {
        const files = await readdir(join(root, namespace))
        return Promise.all(files.map(async (file) => `${file} ${await readFile(join(root, namespace, file), 'utf8')}`))
      },
    }),
    close: () => rm(root, { recursive: true }),
  }
}
