import { channel } from 'node:diagnostics_channel'
import { SessionError, type BatchEvent } from '@bext/session-core'
import { toBackendError, type Deadline } from '@bext/session-core/store-helpers'
import type { Reads } from '../client/reads.js'
import type { Script } from '../client/run-script.js'
import type { Connection, KeyedArgs } from '../connection.js'
import { isError, toSessionError } from '../errors.js'
import { isShort, maxKeys, splitIntoChunks } from './chunks.js'
import { createFlushSchedule } from './flush-schedule.js'

/** Reply to a batched write. */
export interface WriteReply {
  readonly outcome: unknown
  readonly serverNowMs: number
  /** Start of the call's deadline, in milliseconds of `performance.now()`. */
  readonly startedAtMs: number
}

/**
 * Sends concurrent calls together: reads in one command, and writes in one script of each kind. All calls of a batch
 * have the deadline of its first call. Each call gets its own result, and rejects with a separate `Backend` error.
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
type Write = Entry<WriteReply> & KeyedArgs & { readonly script: Script }

interface Batch {
  readonly startedAtMs: number
  readonly reads: Read[]
  readonly writes: Write[]
}

// Each caller gets a separate error object, because a caller may change it.
function failAll(entries: readonly Entry<never>[], error: unknown): void {
  const { reason, message, cause } = toBackendError(error)
  for (const { reject } of entries) reject(new SessionError(reason, message, { cause }))
}

function byScript(writes: readonly Write[]): Map<Script, Write[]> {
  const groups = new Map<Script, Write[]>()
  for (const write of writes) {
    const group = groups.get(write.script)
    if (group === undefined) groups.set(write.script, [write])
    else group.push(write)
  }
  return groups
}

/**
 * Name of the channel of `node:diagnostics_channel` on which a store publishes a `BatchEvent` for each batch it sends.
 */
export const redisBatchChannel = 'bext:session-redis:batch'

const batchChannel = channel(redisBatchChannel)

function publishBatch(size: number): void {
  if (batchChannel.hasSubscribers) batchChannel.publish({ size } satisfies BatchEvent)
}

/** Creates the batcher of a store. */
export function createBatcher(connection: Connection, reads: Reads): Batcher {
  const schedule = createFlushSchedule()
  const { manyKeys } = reads
  let current: Batch | undefined

  // Sends the entries one by one if the server has rejected a command because it had several keys.
  async function sendEach<T>(
    entries: readonly T[],
    error: unknown,
    onReply: () => void,
    sendOne: (entry: T, onOneReply: () => void) => Promise<void>,
  ): Promise<boolean> {
    if (entries.length === 1 || !manyKeys.refusedBy(error)) return false
    let left = entries.length
    function onOneReply(): void {
      left -= 1
      if (left === 0) onReply()
    }
    await Promise.all(entries.map((entry) => sendOne(entry, onOneReply)))
    return true
  }

  async function sendReads(deadline: Deadline, entries: readonly Read[], onReply: () => void): Promise<void> {
    publishBatch(entries.length)
    try {
      const keys = entries.map(({ key }) => key)
      const values = await connection.read(deadline, () => reads.get(keys))
      onReply()
      for (let position = 0; position < entries.length; position += 1)
        entries[position]?.resolve(values[position] ?? null)
    } catch (error) {
      if (await sendEach(entries, error, onReply, (entry, onOneReply) => sendReads(deadline, [entry], onOneReply)))
        return
      onReply()
      failAll(entries, error)
    }
  }

  async function sendWrites(
    deadline: Deadline,
    script: Script,
    entries: readonly Write[],
    { startedAtMs }: Pick<Batch, 'startedAtMs'>,
    onReply: () => void,
  ): Promise<void> {
    publishBatch(entries.length)
    try {
      const { serverNowMs, outcomes } = await connection.write(deadline, script, entries)
      onReply()
      let position = 0
      for (const { resolve, reject } of entries) {
        const outcome = outcomes[position]
        position += 1
        if (isError(outcome)) reject(toSessionError(outcome))
        else resolve({ outcome, serverNowMs, startedAtMs })
      }
    } catch (error) {
      const sendOne = (entry: Write, onOneReply: () => void): Promise<void> =>
        sendWrites(deadline, script, [entry], { startedAtMs }, onOneReply)
      if (await sendEach(entries, error, onReply, sendOne)) return
      onReply()
      failAll(entries, error)
    }
  }

  async function sendMany(batch: Batch, deadline: Deadline, release: () => void): Promise<void> {
    const chunkSize = manyKeys.allowed ? maxKeys : 1
    const commands = splitIntoChunks(batch.reads, chunkSize, () => true).map(
      (chunk) => () => sendReads(deadline, chunk, onReply),
    )
    for (const [script, entries] of byScript(batch.writes)) {
      for (const chunk of splitIntoChunks(entries, chunkSize, isShort)) {
        commands.push(() => sendWrites(deadline, script, chunk, batch, onReply))
      }
    }
    let inFlight = commands.length
    // Release before resolving callers, so that calls they make in response are not delayed by this batch.
    function onReply(): void {
      inFlight -= 1
      if (inFlight === 0) release()
    }
    if (commands.length > 1) connection.cork()
    await Promise.all(commands.map((sendCommand) => sendCommand()))
  }

  // Most calls are alone, and pay for no lists.
  function send(batch: Batch, deadline: Deadline, release: () => void): Promise<void> {
    const { writes } = batch
    if (batch.reads.length + writes.length > 1) return sendMany(batch, deadline, release)
    const [write] = writes
    return write === undefined
      ? sendReads(deadline, batch.reads, release)
      : sendWrites(deadline, write.script, writes, batch, release)
  }

  function closeBatch(batch: Batch): void {
    if (current === batch) current = undefined
  }

  // It is a call of the connection from the start, so that closing the store waits for it.
  function run(batch: Batch): void {
    let release: (() => void) | undefined
    function sendWhenScheduled(deadline: Deadline): Promise<void> {
      return new Promise((resolve) => {
        const end = schedule.schedule(() => {
          closeBatch(batch)
          resolve(send(batch, deadline, end))
        })
        release = end
      })
    }
    connection.call(sendWhenScheduled, batch.startedAtMs).catch((error: unknown) => {
      closeBatch(batch)
      release?.()
      failAll([...batch.reads, ...batch.writes], error)
    })
  }

  function open(calls: Pick<Batch, 'reads' | 'writes'>): void {
    current = { startedAtMs: performance.now(), ...calls }
    run(current)
  }

  return {
    read: (key) =>
      new Promise((resolve, reject) => {
        const read = { key, resolve, reject }
        if (current === undefined) open({ reads: [read], writes: [] })
        else current.reads.push(read)
      }),

    write: (script, key, args) =>
      new Promise((resolve, reject) => {
        const write = { script, key, args, resolve, reject }
        if (current === undefined) open({ reads: [], writes: [write] })
        else current.writes.push(write)
      }),
  }
}
