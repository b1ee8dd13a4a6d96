import type { ChildReport } from '../toolbox/child.js'
import { protocolVersion, startProcess, StillRunning } from './process-channel.js'

const rounds = 10

/**
 * Starts a command in a second process, and opens, uses and closes its store ten times. Then closes its input and waits
 * for its end. Rejects with a `HarnessError` if it fails before that, or ends with another code than 0.
 */
export async function openInProcess(command: string, namespace: string): Promise<ChildReport> {
  const channel = startProcess(command)
  try {
    const { capabilities } = Object(await channel.order('hello', { protocol: protocolVersion })) as {
      readonly capabilities?: readonly string[]
    }
    for (let store = 1; store <= rounds; store += 1) {
      await channel.order('open', { store, namespace })
      const sessionId = await channel.order('create', { store, dataJson: '{}', ttlMs: 10_000 })
      await channel.order('read', { store, sessionId })
      await channel.order('delete', { store, sessionId })
      if (capabilities?.includes('close')) await channel.order('close', { store })
      await channel.order('release', { store })
    }
    await channel.end()
    return { ended: true, exitCode: 0, handles: [] }
  } catch (error) {
    channel.kill()
    if (error instanceof StillRunning) return { ended: false, exitCode: null, handles: [] }
    throw error
  }
}
