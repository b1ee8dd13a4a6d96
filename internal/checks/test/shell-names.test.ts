import { expect, test } from 'vitest'
import { namesInShell } from '../src/shell-names.js'

test('finds packages of the scope, with and without a version', () => {
  expect(namesInShell('npm install @bext/session-core @bext/session-redis@1 ioredis').packages).toEqual([
    '@bext/session-core',
    '@bext/session-redis',
  ])
})

test('finds scripts, but no built-in commands of npm and pnpm', () => {
  const own = 'npm install x\npnpm install\npnpm exec tsc'
  const { scripts } = namesInShell(`npm test\nnpm run demo -- --once\nnpm run build\npnpm lint\n${own}`)
  expect(scripts.toSorted()).toEqual(['build', 'demo', 'lint', 'test'])
})
