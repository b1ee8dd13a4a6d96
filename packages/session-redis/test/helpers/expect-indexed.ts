import { expect } from 'vitest'
import type { Namespace } from './namespace.js'

/** A user's index as stored in Redis. Times are milliseconds of server time. */
export interface StoredIndex {
  readonly key: string
  readonly expiresAtMs: number
  readonly scores: ReadonlyMap<string, number>
}

export async function readIndexes(namespace: Namespace): Promise<StoredIndex[]> {
  const { raw } = namespace
  const keys = (await namespace.entries()).filter(([, type]) => type === 'zset').map(([key]) => key)
  return Promise.all(
    keys.map(async (key) => {
      const [expiresAtMs, flat] = await Promise.all([raw.pexpiretime(key), raw.zrange(key, '0', '-1', 'WITHSCORES')])
      const scores = new Map<string, number>()
      for (let n = 0; n < flat.length; n += 2) scores.set(flat[n] ?? '', Number(flat[n + 1]))
      return { key, expiresAtMs, scores }
    }),
  )
}

/**
 * Checks that every session is listed until it expires, and resolves to the number of sessions. All sessions must have
 * a user.
 */
export async function expectIndexed(namespace: Namespace): Promise<number> {
  const { prefix, raw } = namespace
  const indexes = await readIndexes(namespace)
  const keys = (await namespace.entries()).filter(([, type]) => type === 'string').map(([key]) => key)
  for (const key of keys) {
    const hash = key.slice(prefix.length)
    const value = (await raw.get(key)) ?? ''
    const [expiresAtMs, indexedUntilMs] = [Number(value.slice(0, 13)), Number(value.slice(13, 26))]
    const [, mark = ''] = /^[^\n]*"(@[\w-]{12})/.exec(value) ?? []
    const index = indexes.find(({ scores }) => scores.has(`${hash}${mark}`))
    const score = index?.scores.get(`${hash}${mark}`) ?? 0
    expect(await raw.pexpiretime(key)).toBe(expiresAtMs - 1)
    expect(indexedUntilMs).toBeGreaterThanOrEqual(expiresAtMs)
    expect(score).toBeGreaterThanOrEqual(indexedUntilMs)
    expect(index?.expiresAtMs).toBeGreaterThanOrEqual(score + 60_000)
  }
  return keys.length
}
