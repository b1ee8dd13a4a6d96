import { startRedisWith } from '@bext-internal/test-services'
import { Redis } from 'ioredis'

/** A Redis server of the test's own. */
export interface Server {
  readonly port: number
  readonly url: string
  /** A client of it. */
  readonly raw: Redis
  stop(): Promise<void>
}

export async function startServer(settings: readonly string[] = []): Promise<Server> {
  const service = await startRedisWith(settings)
  const { url } = service
  const raw = new Redis(url)
  raw.on('error', () => {})
  return {
    port: Number(new URL(url).port),
    url,
    raw,
    async stop() {
      raw.disconnect()
      await service.stop()
    },
  }
}
