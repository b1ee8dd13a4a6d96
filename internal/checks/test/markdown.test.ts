import { expect, test } from 'vitest'
import { codeBlocks, headingFragments, links } from '../src/markdown.js'

const markdown = `# Title

See [the contract](docs/contract.md) and ![a picture](picture.png).

\`\`\`ts server
const port = 1
\`\`\`

- in a list:

  ~~~sh
  npm install
  ~~~

[reference]: ./SECURITY.md
`

test('finds every fenced block with its line, language, flags and code', () => {
  expect(codeBlocks('a.md', markdown)).toEqual([
    { file: 'a.md', line: 6, language: 'ts', flags: ['server'], code: 'const port = 1' },
    { file: 'a.md', line: 12, language: 'sh', flags: [], code: 'npm install' },
  ])
})

test('finds links, images and definitions with their lines', () => {
  expect(links(markdown)).toEqual([
    { line: 3, url: 'docs/contract.md' },
    { line: 3, url: 'picture.png' },
    { line: 15, url: './SECURITY.md' },
  ])
})

test('a fence within another fence is not a block', () => {
  expect(codeBlocks('a.md', '````md\n```ts\nno\n```\n````\n').map((block) => block.language)).toEqual(['md'])
})

test('headings have the fragments that GitHub generates, with numbers for duplicates', () => {
  expect(headingFragments('# A `b`, and c!\n## Same\n## Same\n')).toEqual(new Set(['a-b-and-c', 'same', 'same-1']))
})
