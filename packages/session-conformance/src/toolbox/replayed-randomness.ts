import { syncBuiltinESMExports } from 'node:module'
import nodeCrypto from 'node:crypto'

type Fill = (target: Uint8Array) => void

/** Number of random values drawn. Values of Math.random() are counted, but not replayed. */
export interface Draws {
  readonly drawn: number
  /** Number of bytes drawn. */
  readonly bytes: number
  readonly drawnInsecurely: number
}

/**
 * Runs `work` while this process's random sources are recorded. After `rewind`, which returns the number of draws, they
 * return the same bytes again, and then new ones. Nothing else may run meanwhile.
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
  const randomFillSync = <View extends ArrayBufferView>(
    target: View,
    offset = 0,
    size = target.byteLength - offset,
  ): View => {
    fill(new Uint8Array(target.buffer, target.byteOffset + offset, size))
    return target
  }
  const randomUUID = (): string => {
    const bytes = Buffer.alloc(16)
    fill(bytes)
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: getRandomValues, configurable: true })
  Object.defineProperty(globalThis.crypto, 'randomUUID', { value: randomUUID, configurable: true })
  Object.assign(nodeCrypto, { randomBytes, randomFillSync, randomUUID })
  syncBuiltinESMExports()
  try {
    return await work(() => {
      position = 0
      const bytes = tape.reduce((sum, { length }) => sum + length, 0)
      return { drawn: tape.length, bytes, drawnInsecurely }
    })
  } finally {
    Math.random = realMathRandom
    Reflect.deleteProperty(globalThis.crypto, 'getRandomValues')
    Reflect.deleteProperty(globalThis.crypto, 'randomUUID')
    Object.assign(nodeCrypto, {
      randomBytes: real.randomBytes,
      randomFillSync: real.randomFillSync,
      randomUUID: real.randomUUID,
    })
    syncBuiltinESMExports()
  }
}
