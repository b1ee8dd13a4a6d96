/** The entries in groups of at most `size`, in their order; those that do not share are alone. */
export function splitIntoChunks<T>(entries: readonly T[], size: number, shares: (entry: T) => boolean): T[][] {
  const chunks: T[][] = []
  let open: T[] = []
  for (const entry of entries) {
    if (shares(entry)) {
      if (open.length === 0 || open.length === size) chunks.push((open = []))
      open.push(entry)
    } else {
      chunks.push([entry])
    }
  }
  return chunks
}
