import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Requests to an app of Node, each with the part of a handler that the request runs. */
export interface Visits<Job> {
  /** Sends a request with cookies. Resolves to the cookies of the response. Rejects unless the app answers 200. */
  visit(cookies: Readonly<Record<string, string>>, job: Job): Promise<ReadonlyMap<string, string>>
  close(): Promise<void>
}

const header = 'x-job'

// The default is 16 KiB, which is less than the kit sends in a cookie.
const maxHeaderSize = 2 ** 23

function cookiesOf(response: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (response.headers['set-cookie'] ?? []).map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
    return [name, value]
  })
  return new Map(pairs)
}

/** Starts a server on a free port. `answer` is the app. */
export async function openVisits<Job>(
  answer: (request: IncomingMessage, response: ServerResponse, job: Job) => unknown,
): Promise<Visits<Job>> {
  const jobs = new Map<string, Job>()
  let count = 0
  const server = createServer({ maxHeaderSize }, (request, response) => {
    const job = jobs.get(String(request.headers[header]))
    if (job) answer(request, response, job)
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    async visit(cookies, job) {
      const number = String((count += 1))
      const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`)
      jobs.set(number, job)
      try {
        const headers = { [header]: number, cookie: cookie.join('; ') }
        const sent = send({ host: '127.0.0.1', port, headers, maxHeaderSize }).end()
        const [response] = (await once(sent, 'response')) as [IncomingMessage]
        response.resume()
        if (response.statusCode !== 200) throw new Error(`The app answered ${response.statusCode}.`)
        return cookiesOf(response)
      } finally {
        jobs.delete(number)
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
