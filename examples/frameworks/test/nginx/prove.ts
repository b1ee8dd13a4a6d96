// Prints how large a sealed session can be behind nginx. Run by "pnpm prove:nginx". Exits with 1 if nginx sets a limit
// in spite of the settings that the docs recommend.
import { spawnSync } from 'node:child_process'
import type { RequestListener } from 'node:http'
import { apps } from './apps.js'
import type { Limit } from './limits.js'
import { findLargestData, findRoom, longestCookie } from './limits.js'
import type { Place } from './places.js'
import { send, serve, startNginx } from './places.js'

const forResponses = 'proxy_buffer_size 8k'
const forRequests = 'large_client_header_buffers 4 16k'

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
const printRow = (cells: readonly string[]): boolean => print(`| ${cells.join(' | ')} |`)
const show = ({ largest, statusAbove }: Limit): string => `${largest.toLocaleString('en')}, then ${statusAbove}`

function printHead(...columns: readonly string[]): void {
  printRow(columns)
  printRow(columns.map(() => '---'))
}

/** Calls `use` with an app without a proxy, behind nginx as it is, and behind nginx with a setting. */
async function inPlaces(app: RequestListener, setting: string, use: (places: readonly Place[]) => Promise<void>) {
  const direct = await serve(app)
  const places: Place[] = [direct]
  try {
    for (const settings of ['', `${setting};`]) places.push(await startNginx(direct.address.port, settings))
    await use(places)
  } finally {
    for (const { close } of places.toReversed()) await close()
  }
}

/** Prints a row with the limit in each place. The setting has to bring back the limit without nginx. */
async function compare(places: readonly Place[], labels: readonly string[], find: (place: Place) => Promise<Limit>) {
  const limits: string[] = []
  for (const place of places) limits.push(show(await find(place)))
  printRow([...labels, ...limits])
  if (limits[0] !== limits[2]) process.exitCode = 1
}

async function compareResponses(): Promise<void> {
  print('\nThe largest session data, in characters of JSON, and the status of a response with more:\n')
  printHead('App', 'Response to', 'Without nginx', 'nginx by default', forResponses)
  for (const [name, app] of Object.entries(apps)) {
    await inPlaces(app, forResponses, async (places) => {
      const { cookies } = await send(places[0]!, '/change/100', '')
      for (const action of ['change', 'sign-in'] as const) {
        const label = action === 'change' ? 'a change by a guest' : 'the sign-in of a guest'
        await compare(places, [name, label], (place) => findLargestData(place, action, cookies[0]))
      }
    })
  }
}

async function compareRequests(): Promise<void> {
  print('\nThe room for other cookies, in bytes, and the status of a request with more:\n')
  printHead('Session cookies, as long as they can be', 'Without nginx', 'nginx by default', forRequests)
  await inPlaces(apps['node:http']!, forRequests, async (places) => {
    const user = await longestCookie(places[0]!, 'sign-in')
    const guest = await longestCookie(places[0]!, 'change')
    await compare(places, ["a user's"], (place) => findRoom(place, [user]))
    await compare(places, ["a user's and a guest's"], (place) => findRoom(place, [user, guest]))
  })
}

const { error, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' })
if (error) {
  process.stderr.write(`nginx does not start (${error.message}). Install it: apt-get install nginx\n`)
  process.exit(2)
}
print(stderr.trim())
await compareResponses()
await compareRequests()
