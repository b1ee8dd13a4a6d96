import { routes, messageOf, type Route, type RunningService, type Service, type StartedServer } from './service.js'
import type { Environment } from './environment.js'
import { useUrl } from './use-url.js'

type Start = (service: Service, environment: Environment) => Promise<StartedServer>

const starts: Readonly<Record<Route, Start>> = {
  async url({ urlVariable }) {
    throw new Error(`${urlVariable} is not set.`)
  },
  async container(service, environment) {
    await environment.findContainerEngine()
    return service.startContainer()
  },
  async local(service, environment) {
    return service.startBinaries(service.findBinaries(environment), environment)
  },
  async registry(service, environment) {
    return service.startBinaries(await service.fetchBinaries(environment), environment)
  },
}

function chooseRoutes({ env }: Environment): readonly Route[] {
  const forced = env['BEXT_TEST_SERVICES'] ?? ''
  if (forced === '') return routes
  const route = routes.find((name) => name === forced)
  if (route !== undefined) return [route]
  throw new Error(
    `BEXT_TEST_SERVICES must be one of ${routes.join(', ')}, or unset to try all, but it is ${JSON.stringify(forced)}.`,
  )
}

/** Starts a server by the first route that works. Rejects with the routes tried and possible remedies. */
export async function startService(
  service: Service,
  environment: Environment,
  chosen: readonly Route[] = chooseRoutes(environment),
): Promise<RunningService> {
  const url = environment.env[service.urlVariable] ?? ''
  // If the given server does not answer, report that. Do not try other routes.
  if (url !== '' && chosen.includes('url')) return { ...(await useUrl(service, url)), origin: 'url' }
  const failures: string[] = []
  for (const origin of chosen) {
    try {
      return { ...(await starts[origin](service, environment)), origin }
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
