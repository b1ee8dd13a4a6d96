import type * as ioredis from 'ioredis'

/**
 * Loads ioredis, which is an optional peer dependency. Rejects with an error that begins with `user` if it is not
 * installed.
 */
export async function loadIoredis(user: string): Promise<Pick<typeof ioredis, 'Cluster' | 'Redis'>> {
  // Within `try`, bundlers accept that the package is missing.
  try {
    return await import('ioredis')
  } catch (cause) {
    throw new Error(`${user} needs the package ioredis, which cannot be loaded. Run npm install ioredis.`, { cause })
  }
}
