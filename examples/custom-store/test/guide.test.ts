import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const guide = read('../../../docs/writing-a-store.md')
const store = read('../src/sqlite-store.ts')
const excerpts = [...guide.matchAll(/^```ts excerpt\n(.*?)^```$/gms)].map((match) => String(match[1]))

test('docs/writing-a-store.md quotes this store and its harness word for word', () => {
  const sources = [store, read('./harness.ts')]
  expect(excerpts.filter((excerpt) => !sources.some((source) => source.includes(excerpt)))).toEqual([])
})

test('docs/writing-a-store.md leaves nothing of this store out', () => {
  expect(excerpts.reduce((left, excerpt) => left.replace(excerpt, ''), store).trim()).toBe('')
})
