import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startPostgres, startRedis } from '@bext-internal/test-services'
import { compareHosts, signInAll, signOutAll, paths, type RunningHost, type HostFigure } from '../host/compare-hosts.js'
import type { Backend } from '../host/host-server.js'
import { hostServers } from '../host/host-servers.js'
import { measureDeviceCost, type DeviceCost } from '../host/device-cost.js'
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
    '| request | server | requests/s | p99 ms | CPU µs | throughput ratio | p99 ratio |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function deviceTable({ withoutOption, unbound, bound, boundFirst }: DeviceCost): string {
  const rows = Object.entries({
    'without the option `device`': withoutOption,
    'with it, a session that was never bound': unbound,
    'with it, a bound session': bound,
    'with it, a bound session, the first request with its bound cookie': boundFirst,
  })
  return [
    '| request, memory store | CPU µs | more than without |',
    '| --- | --- | --- |',
    ...rows.map(
      ([name, cost]) => `| ${name} | ${ratioText(cost)} | ${(cost.median - withoutOption.median).toFixed(2)} |`,
    ),
  ].join('\n')
}

async function measureBackend(backend: Backend, requestsPerSample: number): Promise<string> {
  const service = await starters[backend]()
  const servers: ServerProcess[] = []
  try {
    const hosts: RunningHost[] = []
    for (const hostServer of hostServers.filter((each) => each.backends.includes(backend))) {
      const prefix = `bench_${randomBytes(6).toString('hex')}`
      const server = await startServerProcess(hostServer, service.url, prefix)
      servers.push(server)
      hosts.push(await signInAll(hostServer.name, server, connections))
    }
    const figures = await compareHosts(hosts, requestsPerSample, rounds)
    const expected = requestsPerSample * (rounds + 1)
    for (const host of hosts) {
      const counted = await signOutAll(host)
      if (counted !== expected) throw new Error(`${host.name} counted ${counted} of ${expected} requests.`)
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
    'fastify',
    'hono',
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
  return `Each server is an app of Express 5, Fastify 5 or Hono 4 in a separate process, with the session manager or with express-session
(\`resave: false\`, \`saveUninitialized: false\`). Each store uses its usual connections. ${connections} connections send one request after the
other, each with the cookie of a separate session of about 200 bytes. \`/unchanged\` reads the session, and \`/changed\` increments a
counter in it. Each server gets ${requests} requests. All were answered with 200, and each session has counted all of its
requests. The figures are medians, with quartiles in parentheses, of ${rounds} rounds after a warm-up round. In each round every server
takes a turn.

- The throughput ratio is the number of requests that the first server, Express with the middleware, answers while this one
  answers one. Above 1, the first is faster. The p99 ratio is the first server's 99th percentile of the response time divided by
  this one's. Below 1, the first is faster.
- express-session extends a session at every request that does not change it. The manager extends it once a tenth of
  the idle timeout has passed. With \`disableTouch\`, express-session does not extend sessions at all: reads compare like with
  like, but sessions then expire while in use.
- "No session" counts in a map of the process, keyed by the \`Cookie\` header. It shows the cost of the framework itself, so
  the difference of two CPU figures is what a session costs.
- CPU is the CPU time of the web server's process per request.`
}

async function measure({ requests, args, reports }: ExperimentRun): Promise<void> {
  // The rounds, including the warm-up round, share the requests, and so do the two paths within each round.
  const requestsPerSample = Math.ceil(requests / (rounds + 1) / paths.length / connections) * connections
  const sections: string[] = []
  for (const backend of Object.keys(starters) as Backend[]) {
    const found = await measureBackend(backend, requestsPerSample)
    console.log(`\n${found}`)
    sections.push(`## ${backend}\n\n${found}`)
  }
  const device = deviceTable(await measureDeviceCost())
  console.log(`\n${device}`)
  sections.push(`## Sessions bound to devices\n\n${device}`)
  if (reports === undefined) return
  const { date, cpu, cores, versions } = describeRun({ backend: 'host', rounds }, args, versionsFound())
  const head = `# Web server benchmarks: the session manager and express-session

Generated by \`${['pnpm bench', ...args].join(' ')}\` on ${date}: ${cpu}, ${cores} cores, with load generator, web server and backend on the same machine.

Versions: ${Object.entries(versions)
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
