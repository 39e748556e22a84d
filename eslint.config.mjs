import tseslint from 'typescript-eslint'

/**
 * The linter keeps what the compiler cannot see: effects that nobody awaits, clocks and randomness inside code
 * that must replay, and functions that outgrow a screen.
 */

const impure = [
  ['process', 'take it as an argument'],
  ['console', 'return an event; the service that calls this logs it'],
  ['fetch', 'declare a port in core/ports.ts and implement it in adapters/'],
  ['setTimeout', 'time is an event: fold ClockTicked'],
  ['setInterval', 'time is an event: fold ClockTicked'],
  ['setImmediate', 'time is an event: fold ClockTicked'],
  ['queueMicrotask', 'absent in the workflow sandbox; use a promise'],
  ['structuredClone', 'absent in the workflow sandbox; spread the record'],
  ['AbortSignal', 'absent in the workflow sandbox; pass a function'],
  ['crypto', 'ids derive from (logId, partition, offset, service): core/ids.ts'],
  ['performance', 'time is an event: fold ClockTicked'],
  ['Buffer', 'absent in the workflow sandbox; use Uint8Array'],
  ['globalThis', 'name what you need; then the ban on it can speak'],
].map(([name, instead]) => ({ name, message: `${name} is not replayable: ${instead}.` }))

const impureCalls = [
  ['CallExpression[callee.object.name="Date"][callee.property.name="now"]', 'Date.now() is not replayable: take the time from the event, or as an argument.'],
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'new Date() is not replayable: take the time from the event, or as an argument.'],
  ['CallExpression[callee.name="Date"]', 'Date() is not replayable: take the time from the event, or as an argument.'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'Math.random() is not replayable: take a seeded generator as an argument.'],
  ['VariableDeclarator[init.name=/^(Date|Math)$/]', 'Another name for Date or Math hides a clock or a generator: call them by their own names.'],
  ['MemberExpression[property.name=/^toLocale/]', 'Locale output differs between machines: format explicitly.'],
].map(([selector, message]) => ({ selector, message }))

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '.heteroscale', 'test/planted'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      'prefer-const': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['core/**/*.ts', 'adapters/**/*.ts', 'workflows/**/*.ts', 'services/**/*.ts', 'cli/**/*.ts', 'simulator/**/*.ts', 'infra/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 3],
    },
  },
  {
    files: ['core/**/*.ts', 'workflows/*.ts', 'simulator/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...impure], 'no-restricted-syntax': ['error', ...impureCalls] },
  },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
)
