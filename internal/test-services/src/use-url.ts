import { messageOf, type Service, type StartedServer } from './service.js'

// The parser's error quotes the text, which may contain a password. So it is not used.
function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Resolves to the server at the given URL if it answers. `stop` does not stop it. */
export async function useUrl(service: Service, text: string): Promise<StartedServer> {
  const { name, urlVariable, schemes, exampleUrl, defaultPort } = service
  const url = parse(text)
  if (url === undefined || url.hostname === '' || !schemes.includes(url.protocol)) {
    throw new Error(`${urlVariable} is not the URL of a ${name} server; expected one such as ${exampleUrl}.`)
  }
  try {
    await service.ask(url)
  } catch (error) {
    const where = `${url.hostname}:${url.port === '' ? defaultPort : url.port}`
    throw new Error(
      `${urlVariable} names a ${name} server at ${where}, which does not let us in (${messageOf(error)}). ` +
        `Start that server, correct the URL, or unset ${urlVariable} to have a server started.`,
      { cause: error },
    )
  }
  return { url: text, stop: async () => {} }
}
