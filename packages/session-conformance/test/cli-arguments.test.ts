import { describe, expect, test } from 'vitest'
import { readArguments } from '../src/cli/arguments.js'
import { hasColors } from '../src/cli/color.js'
import { findHarness } from '../src/cli/find-harness.js'
import { harnessFromFactory } from '../src/cli/harness-from-function.js'
import { memorySessions } from '@bext/session-core/memory'

const factory = (): unknown => memorySessions()

describe('readArguments', () => {
  test('parses every option', () => {
    const read = readArguments([
      './a.js',
      '--seed',
      '7',
      '--only',
      'U3',
      '--only',
      'R*',
      '--strict',
      '--no-color',
      '--json',
      'r.json',
    ])
    expect(read).toMatchObject({
      module: './a.js',
      seed: 7,
      only: ['U3', 'R*'],
      strict: true,
      color: false,
      json: 'r.json',
      quick: false,
    })
  })

  test.for([
    [['--sed', '7'], "Unknown option '--sed'. Run it with --help"],
    [['--json'], "Option '--json <value>' argument missing"],
    [['a.js', '--process', 'b'], '--process runs a command, which says its family itself: give no module'],
    [['a.js', 'b.js'], 'One module is run at a time; these were given: a.js, b.js.'],
    [['a.js', '--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['a.js', '--seed=-1'], '--seed must be a whole number from 0 to 4294967295'],
    [['a.js', '--seed', '4294967296'], '--seed must be'],
    [['a.js', '--seed', '0x10'], '--seed must be'],
    [['a.js', '--family', 'both'], '--family must be "server"'],
    [['a.js', '--quick=yes'], "Option '--quick' does not take an argument"],
    [['a.js', '--replay', 'U3-deleted', '--only', 'U'], '--replay runs one case'],
    [['a.js', '--from', 'r.json'], '--from shows a report'],
    [['a.js', '--tap', '--junit', '-'], 'Only one of --json, --junit, --markdown and --tap'],
  ] as const)('%j is refused', ([args, message]) => {
    expect(() => readArguments(args)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
    )
  })
})

test.for([
  [true, true, {}, true],
  [false, true, {}, false],
  [true, false, {}, false],
  [true, true, { NO_COLOR: '1' }, false],
  [true, true, { NO_COLOR: '' }, true],
  [true, true, { TERM: 'dumb' }, false],
  [false, true, { FORCE_COLOR: '1' }, true],
  [true, true, { FORCE_COLOR: '0' }, false],
  [false, true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  [false, false, { FORCE_COLOR: '1' }, false],
] as const)('a terminal %s, colours allowed %s, %j: colours %s', ([isTTY, allowed, env, colors]) => {
  expect(hasColors({ isTTY }, allowed, env)).toBe(colors)
})

describe('the exports of a module', () => {
  const harness = { name: 'a', family: 'server', open: () => ({ store: memorySessions() }) }
  test.for([
    ['a default harness', { default: harness }],
    ['a harness by name', { harness }],
    ['a harness in CommonJS', { default: { harness } }],
    ['a default harness in compiled CommonJS', { default: { default: harness } }],
  ] as const)('%s is found', ([, exports]) => {
    expect(findHarness(exports, './a.js', undefined)).toEqual({ kind: 'harness', harness })
  })

  test.for([
    ['a default function', { default: factory }],
    ['a default function in compiled CommonJS', { default: { default: factory } }],
  ] as const)('%s is found', ([, exports]) => {
    expect(findHarness(exports, './a.js', undefined)).toEqual({ kind: 'factory', factory })
  })

  test.for([
    [{}, './a.js exports nothing. Export a harness'],
    [{ a: 1, store: {} }, './a.js exports a (a number), store (an empty object). Export a harness'],
    [{ default: memorySessions() }, './a.js exports a store, but the kit opens many.'],
    [{ default: { ...harness, name: '' } }, 'must have a name'],
    [{ default: { ...harness, family: 'both' } }, 'must have a family: "server"'],
    [{ default: { ...harness, capabilites: [] } }, './a.js: harness: there is no option "capabilites"'],
    [{ default: { ...harness, capabilities: ['users'] } }, 'must be a list of: user-index, sweep, close, compare'],
  ] as const)('%j is refused', ([exports, message]) => {
    expect(() => findHarness(exports, './a.js', undefined)).toThrow(message)
  })

  test('a family other than that of the harness is rejected', () => {
    expect(() => findHarness({ harness }, './a.js', 'client')).toThrow('the harness of ./a.js says server')
  })
})

describe('a harness made from a function', () => {
  test('declares the interfaces of the store, and that its stores share nothing', async () => {
    const harness = await harnessFromFactory(() => memorySessions(), 'server', './a.js')
    expect(harness).toMatchObject({
      name: 'memory',
      capabilities: ['user-index', 'sweep', 'compare', 'user-records', 'given-id'],
      declarations: { sharedBackend: false },
    })
  })

  test('detects that two stores share their sessions', async () => {
    const store = memorySessions()
    const harness = await harnessFromFactory(async () => ({ store: { ...store } }), 'server', './a.js')
    expect(harness.declarations?.sharedBackend).toBe(true)
  })

  test('rejects a function that returns the same closable store each time', async () => {
    const store = { ...memorySessions(), close: async () => undefined }
    await expect(harnessFromFactory(() => store, 'server', './a.js')).rejects.toThrow('gave the same store twice')
  })
})
