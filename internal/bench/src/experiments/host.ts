import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { compareHosts, enter, leave, paths, type Entrant, type HostFigure } from '../host/compare-hosts.js'
import type { Backend } from '../host/host-server.js'
import { contestants } from '../host/host-servers.js'
import { startServerProcess, type ServerProcess } from '../host/server-process.js'
import type { Quartiles } from '../measure/figure.js'
import { writeText } from '../report/files.js'
import { describeRun } from '../report/run-info.js'
import type { Experiment, ExperimentRun } from './experiment.js'
import { versionOf } from '../measure/version-of.js'

const connections = 64
const rounds = 9

const starters: Readonly<Record<Backend, typeof startRedis>> = { redis: startRedis, pg: startPostgres }

function ratioText({ q1, median, q3 }: Quartiles): string {
  return `${median.toFixed(2)} (${q1.toFixed(2)}-${q3.toFixed(2)})`
}

function table(figures: readonly HostFigure[]): string {
  const rows = figures.map(({ name, path, requestsPerSecond, p99Ms, cpuMicros, throughputRatio, p99Ratio }) => {
    const own = [requestsPerSecond.median.toFixed(0), p99Ms.median.toFixed(1), cpuMicros.median.toFixed(0)]
    return `| ${[path, name, ...own, ratioText(throughputRatio), ratioText(p99Ratio)].join(' | ')} |`
  })
  return [
    '| request | store | requests/s | p99 ms | CPU µs | our requests for one | our p99 for one |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

async function measureBackend(backend: Backend, requestsPerSample: number): Promise<string> {
  const service = await starters[backend]()
  const servers: ServerProcess[] = []
  try {
    const entrants: Entrant[] = []
    for (const contestant of contestants.filter((each) => each.backends.includes(backend))) {
      const prefix = `bench_${randomBytes(6).toString('hex')}`
      const server = await startServerProcess(contestant, service.url, prefix)
      servers.push(server)
      entrants.push(await enter(contestant.name, server, connections))
    }
    const figures = await compareHosts(entrants, requestsPerSample, rounds)
    const expected = requestsPerSample * (rounds + 1)
    for (const entrant of entrants) {
      const counted = await leave(entrant)
      if (counted !== expected) throw new Error(`${entrant.name} counted ${counted} of ${expected} requests.`)
    }
    return table(figures)
  } finally {
    for (const server of servers) await server.stop()
    await service.stop()
  }
}

function versionsFound(): Record<string, string> {
  const names = [
    'express',
    'express-session',
    'connect-redis',
    'redis',
    'connect-pg-simple',
    'pg',
    'ioredis',
    'postgres',
  ]
  return Object.fromEntries([...names, 'autocannon'].map((name) => [name, versionOf(name)]))
}

function notes(requestsPerSample: number): string {
  const requests = (requestsPerSample * (rounds + 1) * paths.length).toLocaleString('en')
  return `Express 5 in a process of its own, with the session manager or with express-session (\`resave: false\`,
\`saveUninitialized: false\`), each with its store's usual connections. ${connections} connections, each with the cookie of a
session of its own that holds about 200 bytes, send one request after the other: \`/unchanged\` reads the session,
\`/changed\` counts one up in it. ${requests} requests to each server, all answered with 200, and each session has counted
all of its requests. Medians (and quartiles) of ${rounds} rounds, in each of which all take their turn, after one that warms up.

- "Our requests for one" is how many requests our server answers while the other one answers one: above 1 ours is the
  faster one. "Our p99 for one" is our 99th percentile of the time until a reply over the other's: below 1 ours is the faster.
- express-session extends a session at every request that does not change it. The manager extends it once a tenth of
  its ttl has passed. \`disableTouch\` ends that on their side: reads compare like with like, but sessions then end in
  the midst of their use.
- "No session" counts in a map of the process, by the \`Cookie\` header: what Express itself takes.
- CPU is that of the web server's process for one request.`
}

async function measure({ requests, args, reports }: ExperimentRun): Promise<void> {
  // Shared by the rounds, with the one that warms up, and in each by the two paths.
  const requestsPerSample = Math.ceil(requests / (rounds + 1) / paths.length / connections) * connections
  const sections: string[] = []
  for (const backend of Object.keys(starters) as Backend[]) {
    const found = await measureBackend(backend, requestsPerSample)
    console.log(`\n${found}`)
    sections.push(`## ${backend}\n\n${found}`)
  }
  if (reports === undefined) return
  const { date, cpu, cores, versions } = describeRun({ backend: 'host', rounds }, args, versionsFound())
  const head = `# Web servers with sessions

Written by \`${['pnpm bench', ...args].join(' ')}\` on ${date}: ${cpu}, ${cores} cores, with load, web server and backend on the same
machine;
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ')}.

${notes(requestsPerSample)}`
  writeText(join(reports, 'host.md'), `${[head, ...sections].join('\n\n')}\n`)
}

export const host: Experiment = {
  name: 'host',
  summary:
    'requests to a web server: the session manager and express-session on Redis and PostgreSQL, --requests N each',
  measure,
}
