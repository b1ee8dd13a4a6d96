import { runtime } from '#runtime'
import type { Awaitable, Maker } from './sealer.js'
import type { CheckedSecret } from '../secrets.js'

/**
 * The maker of a secret for one purpose, whose keys are derived at the first call and kept: never in a request's path
 * after it. Ids of one purpose cannot be opened with the key of another (contract I2). A failed derivation is tried
 * again at the next call.
 */
export function lazyMaker({ id, bytes }: CheckedSecret, purpose: string): () => Awaitable<Maker> {
  let maker: Awaitable<Maker> | undefined

  async function derive(): Promise<Maker> {
    try {
      maker = await runtime.createMaker(id, bytes, purpose)
      return maker
    } catch (error) {
      maker = undefined
      throw error
    }
  }

  return () => (maker ??= derive())
}
