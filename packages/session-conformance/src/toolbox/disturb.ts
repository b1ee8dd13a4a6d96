import { syncBuiltinESMExports } from 'node:module'
import nodeCrypto from 'node:crypto'

/** Runs `work` while this process' wall clock is `shiftMs` ahead. Nothing else may run meanwhile. */
export async function withShiftedClock<T>(shiftMs: number, work: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date
  const shiftedNow = (): number => RealDate.now() + shiftMs
  class ShiftedDate extends RealDate {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) super(shiftedNow())
      else super(...(args as [number]))
    }
    static override now(): number {
      return shiftedNow()
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor
  try {
    return await work()
  } finally {
    globalThis.Date = RealDate
  }
}

type Fill = (target: Uint8Array) => void

/** How often `work` has drawn. What it drew of Math.random() is not repeated. */
export interface Draws {
  readonly drawn: number
  readonly drawnInsecurely: number
}

/**
 * Runs `work` while this process' random sources repeat themselves: after `rewind` they give the bytes again that they
 * gave before, then new ones. `rewind` tells how many draws there were. Nothing else may run meanwhile.
 */
export async function withRepeatedRandomness<T>(work: (rewind: () => Draws) => Promise<T>): Promise<T> {
  const tape: Uint8Array[] = []
  let position = Number.POSITIVE_INFINITY
  const realGetRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto)
  const fill: Fill = (target) => {
    const recorded = tape[position]
    position += 1
    if (recorded?.length === target.length) target.set(recorded)
    else {
      realGetRandomValues(target)
      tape.push(target.slice())
    }
  }

  const real = { ...nodeCrypto }
  const realMathRandom = Math.random
  let drawnInsecurely = 0
  Math.random = () => {
    drawnInsecurely += 1
    return realMathRandom()
  }
  const getRandomValues = (array: ArrayBufferView): ArrayBufferView => {
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    return array
  }
  const randomBytes = (size: number, callback?: (error: null, bytes: Buffer) => void): Buffer | undefined => {
    const bytes = Buffer.alloc(size)
    fill(bytes)
    if (!callback) return bytes
    queueMicrotask(() => callback(null, bytes))
    return undefined
  }
  const randomUUID = (): string => {
    const bytes = Buffer.alloc(16)
    fill(bytes)
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: getRandomValues, configurable: true })
  Object.defineProperty(globalThis.crypto, 'randomUUID', { value: randomUUID, configurable: true })
  Object.assign(nodeCrypto, { randomBytes, randomUUID })
  syncBuiltinESMExports()
  try {
    return await work(() => {
      position = 0
      return { drawn: tape.length, drawnInsecurely }
    })
  } finally {
    Math.random = realMathRandom
    Reflect.deleteProperty(globalThis.crypto, 'getRandomValues')
    Reflect.deleteProperty(globalThis.crypto, 'randomUUID')
    Object.assign(nodeCrypto, { randomBytes: real.randomBytes, randomUUID: real.randomUUID })
    syncBuiltinESMExports()
  }
}
