import { UsageError } from '@bext-internal/command-line'
import { expect, test } from 'vitest'
import { parseOptions, usageOf, type RunOptions } from '../src/options.js'

const known = { backends: ['redis', 'pg'], experiments: [{ name: 'memory', summary: 'what it takes' }] }

function runOptions(...args: string[]): RunOptions {
  const options = parseOptions(args, known)
  if (options.command !== 'run') throw new Error(`It is ${options.command}.`)
  return options
}

test('everything is measured by default', () => {
  const { backend, scenarios, rounds, effort, jsonFile, render } = runOptions('redis')
  expect({ backend, rounds, effort, jsonFile, render }).toEqual({
    backend: 'redis',
    rounds: 7,
    effort: 1,
    jsonFile: undefined,
    render: false,
  })
  expect(scenarios).toHaveLength(6 * 2 * 4 * 2)
  expect(new Set(scenarios.map((scenario) => JSON.stringify(scenario))).size).toBe(scenarios.length)
})

test('--quick measures small data with jitter', () => {
  const { scenarios, effort } = runOptions('redis', '--quick')
  expect(scenarios).toHaveLength(6 * 4)
  expect(scenarios.every(({ bytes, arrivals }) => bytes === 200 && arrivals === 'jitter')).toBe(true)
  expect(effort).toBeLessThan(1)
})

test('lists choose the scenarios', () => {
  const args = ['--op', 'touch,mix', '--bytes', '300', '--in-flight', '8', '--arrivals', 'closed', '--rounds', '9']
  const { scenarios, rounds } = runOptions('pg', ...args, '--json', 'f.json', '--render')
  expect(scenarios).toEqual([
    { op: 'touch', bytes: 300, inFlight: 8, arrivals: 'closed' },
    { op: 'mix', bytes: 300, inFlight: 8, arrivals: 'closed' },
  ])
  expect(rounds).toBe(9)
})

test('render takes files', () => {
  const jsonFiles = ['f.json', 'g.json']
  expect(parseOptions(['render', ...jsonFiles], known)).toEqual({ command: 'render', jsonFiles })
})

test('an experiment has a name, a number of sessions and a number of requests', () => {
  const experiment = { command: 'experiment', name: 'memory', render: false, sessions: 1_000_000, requests: 100_000 }
  expect(parseOptions(['memory'], known)).toEqual(experiment)
  expect(parseOptions(['memory', '--sessions', '2000'], known)).toEqual({ ...experiment, sessions: 2000 })
  expect(parseOptions(['memory', '--requests', '1000'], known)).toEqual({ ...experiment, requests: 1000 })
  expect(() => parseOptions(['memory', '--requests', '999'], known)).toThrow('--requests must be')
  expect(() => parseOptions(['memory', 'redis'], known)).toThrow(UsageError)
  expect(usageOf(known)).toMatch(/^ {2}memory +what it takes$/m)
})

test('no arguments, or --help, print the usage, which names the backends', () => {
  expect(parseOptions([], known)).toEqual({ command: 'help' })
  expect(parseOptions(['redis', '--help'], known)).toEqual({ command: 'help' })
  expect(usageOf(known)).toContain('redis|pg')
})

const wrong: readonly [message: string, args: string[]][] = [
  ['The backend must be one of redis, pg, but it is "mysql".', ['mysql']],
  ['--op must be one of', ['redis', '--op', 'read,write']],
  ['--arrivals must be one of closed, jitter, but it is "poisson".', ['redis', '--arrivals', 'poisson']],
  ['--bytes must be a whole number from 20 on, but it is "2.5".', ['redis', '--bytes', '2.5']],
  ['--in-flight must be a whole number from 1 on, but it is "0".', ['redis', '--in-flight', '0']],
  ['--rounds must be a whole number from 7 on, but it is "3".', ['redis', '--rounds', '3']],
  ['Expected one backend, but "pg" follows it.', ['redis', 'pg']],
  ['Expected one or more files after render, written by --json.', ['render']],
  ["Unknown option '--slow'", ['redis', '--slow']],
]

test.each(wrong)('an invalid command line is rejected: %s', (message, args) => {
  expect(() => parseOptions(args, known)).toThrow(UsageError)
  expect(() => parseOptions(args, known)).toThrow(message)
})
