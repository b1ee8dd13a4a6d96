import { parseItem, parseList, serializeInnerList, serializeItem, Token } from 'structured-headers'

/** Names of the headers. */
export const headerNames = {
  registration: 'Secure-Session-Registration',
  challenge: 'Secure-Session-Challenge',
  proof: 'Secure-Session-Response',
  sessionId: 'Sec-Secure-Session-Id',
} as const

const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/
const reason = /^[a-z_]{1,32}$/

/** Returns the header that asks a browser to register. */
export function registrationHeader(path: string, challenge: string): string {
  const algorithms = ['ES256', 'RS256'].map((alg): [Token, Map<string, string>] => [
    new Token(alg),
    new Map<string, string>(),
  ])
  return serializeInnerList([
    algorithms,
    new Map([
      ['path', path],
      ['challenge', challenge],
    ]),
  ])
}

/** Returns the header that gives a browser a challenge for its session. */
export function challengeHeader(challenge: string, sessionIdentifier: string): string {
  return serializeItem([challenge, new Map([['id', sessionIdentifier]])])
}

/** Returns a text that browsers send bare and the draft quotes, or '' if it cannot be read. */
function textOf(value: string): string {
  if (!value.startsWith('"')) return value
  try {
    return String(parseItem(value)[0])
  } catch {
    return ''
  }
}

/** Returns the browser's signed proof, or undefined if it does not look like one. */
export function signedProofOf(value: string): string | undefined {
  const proof = textOf(value)
  return compactJwt.test(proof) ? proof : undefined
}

/** Returns the session identifier of a refresh. */
export function sessionIdentifierOf(value: string): string {
  return textOf(value)
}

function itemsOf(list: string): ReturnType<typeof parseList> {
  try {
    return parseList(list)
  } catch {
    return []
  }
}

/** Returns the reason why a browser sent no bound cookie: that for the session, or else the first one. */
export function skippedReasonOf(value: string, sessionIdentifier: string): string | undefined {
  const items = itemsOf(value).filter(([item]) => item instanceof Token && reason.test(item.toString()))
  const own = items.find(([, parameters]) => parameters.get('session_identifier') === sessionIdentifier)
  return (own ?? items[0])?.[0].toString()
}
