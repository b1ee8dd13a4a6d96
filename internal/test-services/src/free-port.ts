import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

// The nodes of a Redis Cluster also use a port that is 10,000 higher.
const maxPort = 55_535

/** Resolves to a port of 127.0.0.1, at most 55,535, that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = await findAnyPort()
    if (port <= maxPort) return port
  }
}

async function findAnyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
