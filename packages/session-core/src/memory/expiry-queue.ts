interface Entry {
  readonly key: string
  readonly atMs: number
}

/** Keys in the order of the times at which each may have expired: a binary heap. A key may be in it more than once. */
export interface ExpiryQueue {
  readonly size: number
  add(key: string, atMs: number): void
  /** Removes the first entry and returns it, if its time has come. */
  takeDue(nowMs: number): Entry | undefined
  clear(): void
}

export function createExpiryQueue(): ExpiryQueue {
  const heap: Entry[] = []

  function timeAt(place: number): number {
    return heap[place]?.atMs ?? Number.POSITIVE_INFINITY
  }

  function swap(a: number, b: number): void {
    const [first, second] = [heap[a], heap[b]]
    if (!first || !second) return
    heap[a] = second
    heap[b] = first
  }

  function rise(from: number): void {
    for (let place = from; place > 0;) {
      const parent = (place - 1) >> 1
      if (timeAt(parent) <= timeAt(place)) return
      swap(parent, place)
      place = parent
    }
  }

  function sink(): void {
    for (let place = 0; ;) {
      const left = 2 * place + 1
      const child = timeAt(left + 1) < timeAt(left) ? left + 1 : left
      if (timeAt(place) <= timeAt(child)) return
      swap(place, child)
      place = child
    }
  }

  return {
    get size() {
      return heap.length
    },
    add(key, atMs) {
      rise(heap.push({ key, atMs }) - 1)
    },
    takeDue(nowMs) {
      if (timeAt(0) > nowMs) return undefined
      swap(0, heap.length - 1)
      const taken = heap.pop()
      sink()
      return taken
    },
    clear() {
      heap.length = 0
    },
  }
}
