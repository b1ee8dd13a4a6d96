import type { KeyedArgs } from '../connection.js'

/** Largest number of keys in a command. While a script or an MGET runs, all other clients of the server wait. */
export const maxKeys = 128

// One script with many large values is slower than one script for each value, written to the socket together.
const maxSharedChars = 1024

/** Returns whether a write may share a script with others. */
export function isShort({ args }: KeyedArgs): boolean {
  let chars = 0
  for (const arg of args) chars += arg.length
  return chars <= maxSharedChars
}

/** Splits entries into chunks of at most `size`, in order. An entry that cannot share a chunk gets a separate one. */
export function splitIntoChunks<T>(entries: readonly T[], size: number, canShare: (entry: T) => boolean): T[][] {
  const chunks: T[][] = []
  let open: T[] = []
  for (const entry of entries) {
    if (canShare(entry)) {
      if (open.length === 0 || open.length === size) chunks.push((open = []))
      open.push(entry)
    } else {
      chunks.push([entry])
    }
  }
  return chunks
}
