import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { expect, it } from 'vitest'

/** A caller's page pays this before its first call. */
const LIMIT = 15_000

it('the core entry is smaller than 15 kB gzip', async () => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: new URL('../src/index.ts', import.meta.url).pathname, formats: ['es'] },
      // As a page's own bundler ships it: a library build keeps white space and names of files else.
      rolldownOptions: { output: { minify: true } },
    },
  })
  const [result] = (Array.isArray(built) ? built : [built]) as Rolldown.RolldownOutput[]
  // What is imported on demand is not paid for before the first call.
  const chunks = result?.output.filter((part) => part.type === 'chunk') ?? []
  const lazy = new Set(chunks.flatMap((chunk) => chunk.dynamicImports))
  const code = chunks.map((chunk) => (lazy.has(chunk.fileName) ? '' : chunk.code)).join('')
  expect(code.length).toBeGreaterThan(10_000)
  expect(gzipSync(code).length).toBeLessThan(LIMIT)
}, 30_000)
