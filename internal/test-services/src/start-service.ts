import { routes, messageOf, type Route, type RunningService, type Service, type StartedServer } from './service.js'
import type { Surroundings } from './environment.js'
import { useUrl } from './use-url.js'

type Start = (service: Service, surroundings: Surroundings) => Promise<StartedServer>

const starts: Readonly<Record<Route, Start>> = {
  async url({ urlVariable }) {
    throw new Error(`${urlVariable} is not set.`)
  },
  async container(service, surroundings) {
    await surroundings.findContainerEngine()
    return service.startContainer()
  },
  async local(service, surroundings) {
    return service.startBinaries(service.findBinaries(surroundings), surroundings)
  },
  async registry(service, surroundings) {
    return service.startBinaries(await service.fetchBinaries(surroundings), surroundings)
  },
}

function chooseRoutes({ env }: Surroundings): readonly Route[] {
  const forced = env['BEXT_TEST_SERVICES'] ?? ''
  if (forced === '') return routes
  const route = routes.find((name) => name === forced)
  if (route !== undefined) return [route]
  throw new Error(
    `BEXT_TEST_SERVICES is ${JSON.stringify(forced)}; expected ${routes.join(', ')}, or nothing to try them in turn.`,
  )
}

/** Starts a server by the first route that leads to one. Rejects with what was tried and what helps. */
export async function startService(
  service: Service,
  surroundings: Surroundings,
  chosen: readonly Route[] = chooseRoutes(surroundings),
): Promise<RunningService> {
  const url = surroundings.env[service.urlVariable] ?? ''
  // A server that was named and does not answer is a mistake to report, not a reason to look for another one.
  if (url !== '' && chosen.includes('url')) return { ...(await useUrl(service, url)), origin: 'url' }
  const failures: string[] = []
  for (const origin of chosen) {
    try {
      return { ...(await starts[origin](service, surroundings)), origin }
    } catch (error) {
      failures.push(`- ${origin}: ${messageOf(error)}`)
    }
  }
  throw new Error(`There is no ${service.name} server to run against. Tried:
${failures.join('\n')}
Each of these helps:
1. Give the URL of a server: ${service.urlVariable}=${service.exampleUrl}
2. Start a container engine such as Docker and try again, or run \`docker compose up --wait\` and use the URLs that
   docker-compose.yml names.
3. Install the binaries: ${service.installHint}.`)
}
