import { isSessionError } from '@bext/session-core'
import { warning, problem, skipped, type Finding } from '@bext/session-core/doctor'
import { withinDeadline } from '@bext/session-core/store-helpers'
import type { ClientAdapter } from '../client/adapter.js'
import { isServerReply, noteFailure } from '../client/fates.js'

/** Sends commands to one server, with a time limit for each reply. All rejections are `Backend` errors. */
export interface RedisNode {
  call(command: string, ...args: string[]): Promise<unknown>
}

/** Runs a command of the client, and records its fate if it fails. */
export async function runCommand(client: ClientAdapter, run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run()
  } catch (error) {
    noteFailure(client, error)
    throw error
  }
}

/**
 * Returns the nodes behind a client as one server that holds all keys. The first argument of a command is its key, if it
 * has arguments.
 */
export function anyNodeOf(client: ClientAdapter, timeoutMs: number): RedisNode {
  return {
    call: (command, ...args) =>
      withinDeadline(timeoutMs, () =>
        runCommand(client, () => client.send([command.toLowerCase()], args.slice(0, 1), args.slice(1))),
      ),
  }
}

/** Returns the single server, or the masters of a Cluster. */
export function mastersOf(client: ClientAdapter, timeoutMs: number): readonly RedisNode[] {
  return client.masters().map((send) => ({
    call: (...command) => withinDeadline(timeoutMs, () => runCommand(client, () => send(command))),
  }))
}

/** Returns the error with which the server rejected a command; `undefined` for any other error. */
export function refusalOf(error: unknown): string | undefined {
  return isSessionError(error) && isServerReply(error.cause) ? error.cause.message : undefined
}

/** Reads a section of INFO, as a map from names to values. */
export async function infoOf(node: RedisNode, section: string): Promise<ReadonlyMap<string, string>> {
  const text = String(await node.call('INFO', section))
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** Reads a setting of the server; `undefined` if the user may not read it. */
export async function settingOf(node: RedisNode, name: string): Promise<string | undefined> {
  try {
    const reply = await node.call('CONFIG', 'GET', name)
    const pairs = Array.isArray(reply) ? (reply as unknown[]) : Object.entries(reply as object).flat()
    return pairs[1] === undefined ? undefined : String(pairs[1])
  } catch (error) {
    if (refusalOf(error) === undefined) throw error
    return undefined
  }
}

/** Runs a check. Returns a finding that says so if the server rejects one of its commands or does not reply. */
export async function attempt(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (error) {
    const [code] = refusalOf(error)?.split(' ') ?? []
    if (code === undefined) {
      return [problem(subject, skipped, 'Redis did not reply, or not in time.', 'Check the log of Redis.')]
    }
    const why = `Redis rejected a command: ${code}. The user lacks a right, or the server cannot run the command now.`
    return [warning(subject, skipped, why, 'Run the doctor as a user with more rights, or when Redis has recovered.')]
  }
}
