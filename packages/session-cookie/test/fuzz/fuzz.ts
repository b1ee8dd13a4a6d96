import { isSessionError } from '@bext/session-core'
import type { CookieSessions } from '@bext/session-cookie'
import { asSessionId } from '@bext/session-core'
import { mutate, randomFrom } from './mutate.js'

export interface FuzzResult {
  /** Number of rejected tokens, by reason. */
  readonly rejected: ReadonlyMap<string, number>
  /** Tokens that were opened or failed in another way. At most ten. */
  readonly unexpected: readonly string[]
}

/** Calls `read` with `count` mutated tokens. It must reject each of them with `Invalid`. */
export async function fuzz(
  store: CookieSessions,
  tokens: readonly string[],
  count: number,
  seed: number,
): Promise<FuzzResult> {
  const random = randomFrom(seed)
  const genuine = new Set(tokens)
  const rejected = new Map<string, number>()
  const unexpected: string[] = []
  for (let done = 0; done < count && unexpected.length < 10;) {
    const mutated = mutate(tokens[random(tokens.length)] ?? '', tokens[random(tokens.length)] ?? '', random)
    if (genuine.has(mutated)) continue
    done += 1
    try {
      await store.read(asSessionId(mutated))
      unexpected.push(`opened: ${JSON.stringify(mutated)}`)
    } catch (error) {
      if (isSessionError(error) && error.code === 'Invalid')
        rejected.set(error.reason, (rejected.get(error.reason) ?? 0) + 1)
      else unexpected.push(`${String(error)}: ${JSON.stringify(mutated)}`)
    }
  }
  return { rejected, unexpected }
}

/** Creates tokens of several kinds that the store opens, and one that expires at once. */
export async function seeds(store: CookieSessions): Promise<string[]> {
  const texts = ['1', '{"a":1}', JSON.stringify({ text: 'x'.repeat(300) }), JSON.stringify('é🙂'.repeat(40))]
  const tokens = await Promise.all(texts.map((dataJson) => store.create({ dataJson, ttlMs: 86_400_000 })))
  const ofUser = await store.create({ userId: 'ada', dataJson: '[]', ttlMs: 86_400_000 })
  const expired = await store.create({ dataJson: '1', ttlMs: 1 })
  return [...tokens, ofUser, expired]
}
