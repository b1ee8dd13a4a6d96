import { PassThrough } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { expect, test } from 'vitest'
import { createProgress } from '../src/cli/progress.js'
import { defineCase } from '../src/runner/case.js'
import type { CaseResult } from '../src/index.js'

const ended = (id: string, verdict: CaseResult['verdict']): CaseResult => ({
  case: defineCase(id, 'a title', async () => undefined),
  verdict,
  durationMs: 1,
  attempts: 1,
  trace: [],
})

/** Creates a stream that records its output: a terminal of a width, or no terminal. */
function terminal(columns: number | undefined): { stream: WriteStream; text: () => string } {
  const pipe = new PassThrough()
  const more = {
    isTTY: columns !== undefined,
    columns,
    cursorTo: () => pipe.write('\r'),
    clearLine: () => pipe.write('<clear>'),
  }
  let text = ''
  pipe.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { stream: Object.assign(pipe, more) as unknown as WriteStream, text: () => text }
}

test('a terminal shows one line with the number of ended and failed cases', () => {
  const { stream, text } = terminal(80)
  const progress = createProgress(stream, 3)
  progress.update(ended('U1-a', 'pass'))
  progress.update(ended('U1-b', 'fail'))
  progress.clear()
  expect(text()).toBe('\r<clear>1 of 3 cases: U1-a\r<clear>2 of 3 cases, 1 failed: U1-b\r<clear>')
})

test('the line is never longer than the width of the terminal', () => {
  const { stream, text } = terminal(30)
  createProgress(stream, 3).update(ended('U1-a-case-with-a-very-long-name', 'pass'))
  expect(text().replace('\r<clear>', '').length).toBeLessThan(30)
})

test('nothing is written if the stream is no terminal', () => {
  const { stream, text } = terminal(undefined)
  createProgress(stream, 3).update(ended('U1-a', 'fail'))
  expect(text()).toBe('')
})
