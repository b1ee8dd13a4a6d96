import { isSessionError } from '@bext/session-core'
import type { CookieSessions } from '@bext/session-cookie'
import { asSessionId } from '@bext/session-core'
import { mutate, randomFrom } from './mutate.js'

export interface FuzzResult {
  /** How many tokens were refused, by reason. */
  readonly refused: ReadonlyMap<string, number>
  /** What should not have been: tokens that were opened, or refused in another way. At most ten. */
  readonly wrong: readonly string[]
}

/** Gives `read` that many mutated tokens, all of which it has to refuse with `Invalid`. */
export async function fuzz(
  store: CookieSessions,
  tokens: readonly string[],
  count: number,
  seed: number,
): Promise<FuzzResult> {
  const random = randomFrom(seed)
  const genuine = new Set(tokens)
  const refused = new Map<string, number>()
  const wrong: string[] = []
  for (let done = 0; done < count && wrong.length < 10;) {
    const mutated = mutate(tokens[random(tokens.length)] ?? '', tokens[random(tokens.length)] ?? '', random)
    if (genuine.has(mutated)) continue
    done += 1
    try {
      await store.read(asSessionId(mutated))
      wrong.push(`opened: ${JSON.stringify(mutated)}`)
    } catch (error) {
      if (isSessionError(error) && error.code === 'Invalid')
        refused.set(error.reason, (refused.get(error.reason) ?? 0) + 1)
      else wrong.push(`${String(error)}: ${JSON.stringify(mutated)}`)
    }
  }
  return { refused, wrong }
}

/** Tokens of several kinds that the store opens, and one that has expired. */
export async function seeds(store: CookieSessions): Promise<string[]> {
  const texts = ['1', '{"a":1}', JSON.stringify({ text: 'x'.repeat(300) }), JSON.stringify('é🙂'.repeat(40))]
  const tokens = await Promise.all(texts.map((dataJson) => store.create({ dataJson, ttlMs: 86_400_000 })))
  const ofUser = await store.create({ userId: 'ada', dataJson: '[]', ttlMs: 86_400_000 })
  const expired = await store.create({ dataJson: '1', ttlMs: 1 })
  return [...tokens, ofUser, expired]
}
