import autocannon from 'autocannon'
import { quantile } from '../measure/statistics.js'
import type { ServerProcess } from './server-process.js'

export interface HostSample {
  readonly requestsPerSecond: number
  readonly p99Ms: number
  /** CPU time of the server process per request, in microseconds. */
  readonly cpuMicros: number
}

/** Requests a page once. Resolves to its text, and the cookies that it sets as a browser would return them. */
export async function ask(url: string, cookie: string = ''): Promise<{ text: string; cookie: string }> {
  const response = await fetch(url, { headers: { cookie } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${new URL(url).pathname} was answered with ${response.status}: ${text}`)
  return {
    text,
    cookie: response.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; '),
  }
}

/**
 * Sends a number of requests over one connection for each cookie. Each connection sends its next request once the
 * previous one was answered. Rejects if any response is not a 200.
 */
export async function takeHostSample(
  server: ServerProcess,
  path: string,
  cookies: readonly string[],
  requests: number,
): Promise<HostSample> {
  const tookMs: number[] = []
  const cpuBefore = await server.cpuMicros()
  const startedMs = performance.now()
  let lastMs = startedMs
  let connection = 0
  const options: autocannon.Options = {
    url: `${server.origin}${path}`,
    connections: cookies.length,
    amount: requests,
    setupClient(client) {
      client.setHeaders({ cookie: cookies[connection++ % cookies.length] ?? '' })
    },
  }
  const { errors, non2xx } = await new Promise<autocannon.Result>((resolve, reject) => {
    const load = autocannon(options, (error: unknown, result) => {
      if (error instanceof Error) reject(error)
      else resolve(result)
    })
    // autocannon's own figures are whole milliseconds, and it ends only after a whole second.
    load.on('response', (_client, _status, _bytes, responseMs) => {
      tookMs.push(responseMs)
      lastMs = performance.now()
    })
  })
  if (errors + non2xx > 0 || tookMs.length !== requests) {
    const answered = `${tookMs.length} of ${requests} requests were answered`
    throw new Error(`${path}: ${answered}, ${non2xx} of them not with 200; ${errors} connections failed.`)
  }
  return {
    requestsPerSecond: (requests / (lastMs - startedMs)) * 1000,
    p99Ms: quantile(
      tookMs.toSorted((a, b) => a - b),
      0.99,
    ),
    cpuMicros: ((await server.cpuMicros()) - cpuBefore) / requests,
  }
}
