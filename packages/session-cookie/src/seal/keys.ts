import { runtime } from '#runtime'
import type { Awaitable, Sealer } from './sealer.js'
import type { CheckedSecret } from '../secrets.js'

/**
 * The maker of a secret for one purpose, whose keys are derived at the first call and kept: never in a request's path
 * after it. Ids of one purpose cannot be opened with the key of another (contract I2). A failed derivation is tried
 * again at the next call.
 */
export function lazySealer({ id, bytes }: CheckedSecret, purpose: string): () => Awaitable<Sealer> {
  let maker: Awaitable<Sealer> | undefined

  async function derive(): Promise<Sealer> {
    try {
      maker = await runtime.createSealer(id, bytes, purpose)
      return maker
    } catch (error) {
      maker = undefined
      throw error
    }
  }

  return () => (maker ??= derive())
}
