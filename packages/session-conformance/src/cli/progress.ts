import type { WriteStream } from 'node:tty'
import type { CaseResult } from '../runner/run.js'

/** The progress of a run, as one line of a terminal. */
export interface Progress {
  update(result: CaseResult): void
  clear(): void
}

/** Creates a progress line. Overwrites the same line of a terminal. Writes nothing if the stream is no terminal. */
export function createProgress(stream: WriteStream, total: number): Progress {
  let ended = 0
  let failed = 0
  function clear(): void {
    if (!stream.isTTY) return
    stream.cursorTo(0)
    stream.clearLine(0)
  }
  return {
    clear,
    update({ case: { id }, verdict }) {
      ended += 1
      if (verdict === 'fail') failed += 1
      if (!stream.isTTY) return
      clear()
      const failures = failed === 0 ? '' : `, ${failed} failed`
      stream.write(
        `${ended} of ${total} cases${failures}: ${id}`.slice(0, (stream.columns > 0 ? stream.columns : 80) - 1),
      )
    },
  }
}
