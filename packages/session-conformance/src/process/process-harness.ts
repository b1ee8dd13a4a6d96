import type { StoreCapability, StoreDeclarations, StoreHarness } from '../runner/harness.js'
import { storeCapabilities } from '../runner/harness.js'
import { HarnessError } from '../runner/failure.js'
import { protocolVersion, startProcess, type ProcessChannel } from './process-channel.js'
import { checkConditions, processConditions, type NamedConditions } from './process-conditions.js'
import { processStore } from './process-store.js'

/** A harness whose store runs in a process, and the process. */
export interface ProcessHarness {
  readonly harness: StoreHarness
  readonly channel: ProcessChannel
}

interface Greeting {
  readonly protocol: number
  readonly name: string
  readonly family: 'server' | 'client'
  readonly capabilities: readonly StoreCapability[]
  readonly declarations: StoreDeclarations
  readonly versions: Readonly<Record<string, string>>
  readonly endpoint: { readonly host: string; readonly port: number } | undefined
  readonly inspect: boolean
  readonly conditions: NamedConditions
}

function checkGreeting(result: unknown): Greeting {
  const greeting = { capabilities: [], declarations: {}, versions: {}, inspect: false, ...Object(result) } as Greeting
  const known: readonly string[] = storeCapabilities
  const { protocol, name, family, capabilities } = greeting
  if (protocol !== protocolVersion) {
    throw new HarnessError(`The process speaks version ${protocol} of the protocol, and the kit ${protocolVersion}.`)
  }
  if (typeof name !== 'string' || (family !== 'server' && family !== 'client')) {
    throw new HarnessError('The answer to hello must have a name, and the family "server" or "client".')
  }
  if (!Array.isArray(capabilities) || !capabilities.every((each) => known.includes(each))) {
    throw new HarnessError(`The capabilities in the answer to hello must be a list of: ${known.join(', ')}.`)
  }
  return { ...greeting, conditions: checkConditions(greeting.conditions) }
}

/** Starts a command, and makes a harness of what it says about its store. Rejects with a `HarnessError`. */
export async function startProcessHarness(command: string): Promise<ProcessHarness> {
  const channel = startProcess(command)
  try {
    const greeting = checkGreeting(await channel.order('hello', { protocol: protocolVersion }))
    const { name, family, capabilities, declarations, versions, endpoint, inspect, conditions } = greeting
    let stores = 0
    const harness: StoreHarness = {
      name,
      family,
      capabilities,
      declarations,
      versions,
      otherProcess: true,
      module: { command },
      conditions: processConditions(channel, conditions),
      ...(endpoint ? { endpoint } : {}),
      async open(options) {
        stores += 1
        const store = stores
        await channel.order('open', { store, ...options })
        return {
          store: processStore(channel, name, store, capabilities),
          close: async () => void (await channel.order('release', { store })),
        }
      },
      ...(inspect
        ? {
            async inspect(namespace) {
              const { texts } = Object(await channel.order('inspect', { namespace })) as { texts: unknown }
              if (Array.isArray(texts) && texts.every((each) => typeof each === 'string')) return texts
              throw new HarnessError('The answer to inspect must have a list of texts.')
            },
          }
        : {}),
    }
    return { harness, channel }
  } catch (error) {
    channel.kill()
    throw error
  }
}
