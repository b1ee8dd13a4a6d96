import { channel } from 'node:diagnostics_channel'
import { SessionError, type BatchEvent } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import { splitIntoChunks } from './chunks.js'
import type { Connection, KeyedArgs } from '../connection.js'
import { createFlushSchedule, type FlushSlot } from './flush-schedule.js'
import { toSessionError, isError } from '../errors.js'
import type { Reads } from '../client/reads.js'
import type { Script } from '../sessions/define-script.js'

/** What a batched write brought back. */
export interface WriteReply {
  readonly outcome: unknown
  readonly serverNowMs: number
  /** When the time of the call began, in milliseconds of `performance.now()`. */
  readonly startedAtMs: number
}

/**
 * Calls that come together leave together: reads in one command, writes in one script for each kind. All calls of a
 * batch have the time of its first one. Each has its own result; all rejections are `Backend`, each caller's own error.
 */
export interface Batcher {
  read(key: string): Promise<string | null>
  write(script: Script, key: string, args: readonly string[]): Promise<WriteReply>
}

interface Entry<T> {
  readonly key: string
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

type Read = Entry<string | null>
type Write = Entry<WriteReply> & KeyedArgs

interface Batch {
  readonly startedAtMs: number
  readonly departure: FlushSlot
  readonly reads: Read[]
  readonly writes: Map<Script, Write[]>
}

// A script or an MGET holds up all other clients of the server while it runs.
const maxKeys = 128

// One script over many large bodies is slower than a script for each that are written in one go.
const maxSharedChars = 1024

function isShort({ args }: KeyedArgs): boolean {
  let chars = 0
  for (const arg of args) chars += arg.length
  return chars <= maxSharedChars
}

// An error belongs to its caller, who may change it.
function failAll(entries: readonly Entry<never>[], error: unknown): void {
  const { reason, message, cause } = toBackendError(error)
  for (const { reject } of entries) reject(new SessionError(reason, message, { cause }))
}

/** Name of the channel of `node:diagnostics_channel` on which a store publishes a `BatchEvent` for each batch it sends. */
export const redisBatchChannel = 'bext:session-redis:batch'

const batchChannel = channel(redisBatchChannel)

function publishBatch(size: number): void {
  if (batchChannel.hasSubscribers) batchChannel.publish({ size } satisfies BatchEvent)
}

export function createBatcher(connection: Connection, reads: Reads): Batcher {
  const depart = createFlushSchedule()
  const { manyKeys } = reads
  let current: Batch | undefined

  // The entries one by one, if the server has refused a command that held all of their keys.
  async function sendEach<T>(
    entries: readonly T[],
    error: unknown,
    cameBack: () => void,
    sendOne: (entry: T, oneCameBack: () => void) => Promise<void>,
  ): Promise<boolean> {
    if (entries.length === 1 || !manyKeys.refusedBy(error)) return false
    let left = entries.length
    function oneCameBack(): void {
      left -= 1
      if (left === 0) cameBack()
    }
    await Promise.all(entries.map((entry) => sendOne(entry, oneCameBack)))
    return true
  }

  async function sendReads(deadline: Deadline, entries: readonly Read[], cameBack: () => void): Promise<void> {
    publishBatch(entries.length)
    try {
      const keys = entries.map(({ key }) => key)
      const values = await connection.read(deadline, () => reads.get(keys))
      cameBack()
      for (const [position, { resolve }] of entries.entries()) resolve(values[position] ?? null)
    } catch (error) {
      if (await sendEach(entries, error, cameBack, (entry, back) => sendReads(deadline, [entry], back))) return
      cameBack()
      failAll(entries, error)
    }
  }

  async function sendWrites(
    deadline: Deadline,
    script: Script,
    entries: readonly Write[],
    { startedAtMs }: Pick<Batch, 'startedAtMs'>,
    cameBack: () => void,
  ): Promise<void> {
    publishBatch(entries.length)
    try {
      const { serverNowMs, outcomes } = await connection.write(deadline, script, entries)
      cameBack()
      for (const [position, { resolve, reject }] of entries.entries()) {
        const outcome = outcomes[position]
        if (isError(outcome)) reject(toSessionError(outcome))
        else resolve({ outcome, serverNowMs, startedAtMs })
      }
    } catch (error) {
      const sendOne = (entry: Write, back: () => void): Promise<void> =>
        sendWrites(deadline, script, [entry], { startedAtMs }, back)
      if (await sendEach(entries, error, cameBack, sendOne)) return
      cameBack()
      failAll(entries, error)
    }
  }

  async function send(batch: Batch, deadline: Deadline): Promise<void> {
    let underWay = 0
    // Before the callers go on, so that what they do next does not take this batch for one in flight.
    function cameBack(): void {
      underWay -= 1
      if (underWay === 0) batch.departure.release()
    }
    const chunkSize = manyKeys.allowed ? maxKeys : 1
    const commands = splitIntoChunks(batch.reads, chunkSize, () => true).map(
      (chunk) => () => sendReads(deadline, chunk, cameBack),
    )
    for (const [script, entries] of batch.writes) {
      for (const chunk of splitIntoChunks(entries, chunkSize, isShort)) {
        commands.push(() => sendWrites(deadline, script, chunk, batch, cameBack))
      }
    }
    underWay = commands.length
    if (commands.length > 1) connection.cork()
    await Promise.all(commands.map((sendCommand) => sendCommand()))
  }

  function leaveBehind(batch: Batch): void {
    if (current === batch) current = undefined
  }

  async function run(batch: Batch): Promise<void> {
    try {
      await connection.call(async (deadline) => {
        await batch.departure.ready
        leaveBehind(batch)
        await send(batch, deadline)
      }, batch.startedAtMs)
    } catch (error) {
      leaveBehind(batch)
      batch.departure.release()
      failAll([...batch.reads, ...[...batch.writes.values()].flat()], error)
    }
  }

  function join(): Batch {
    if (current === undefined) {
      current = { startedAtMs: performance.now(), departure: depart(), reads: [], writes: new Map() }
      void run(current)
    }
    return current
  }

  return {
    read: (key) =>
      new Promise((resolve, reject) => {
        join().reads.push({ key, resolve, reject })
      }),

    write: (script, key, args) =>
      new Promise((resolve, reject) => {
        const { writes } = join()
        const entry: Write = { key, args, resolve, reject }
        const together = writes.get(script)
        if (together === undefined) writes.set(script, [entry])
        else together.push(entry)
      }),
  }
}
