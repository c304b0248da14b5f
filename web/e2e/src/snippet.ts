// A developer's page made of code they copied: bundled with the packages it imports, and served from elsewhere.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { test as base } from './fixtures.ts'
import { serveElsewhere, type Elsewhere } from './foreign.ts'

/** A page whose code is given after its address is known. */
export interface CopiedPage extends Elsewhere {
  readonly paste: (code: string) => Promise<void>
}

/** Tests with such a page, from which the server lets calls be made: who copies the code has to allow their page. */
export const test = base.extend<{ copied: CopiedPage }>({
  copied: async ({}, use) => {
    const copied = await serveCopied()
    await use(copied)
    copied.close()
  },
  flags: async ({ copied }, use) => {
    await use(['--origin', copied.origin])
  },
})

/** Serves a page with one video and the code pasted last. */
async function serveCopied(): Promise<CopiedPage> {
  // within the workspace, where its packages are found
  const artefacts = resolve(import.meta.dirname, '../artefacts')
  await mkdir(artefacts, { recursive: true })
  const folder = await mkdtemp(join(artefacts, 'copied-'))
  const [page, source, bundled] = ['page.html', 'source.js', 'bundled.js'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(page, PAGE)
  const elsewhere = await serveElsewhere({ '/': page, '/bundled.js': bundled })
  return {
    origin: elsewhere.origin,
    close: () => {
      elsewhere.close()
      void rm(folder, { recursive: true, force: true })
    },
    paste: async (code) => {
      await writeFile(source, code)
      await writeFile(bundled, await bundle(source))
    },
  }
}

async function bundle(entry: string): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: 'bundled' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const first = Array.isArray(output) ? output[0] : output
  if (first === undefined || !('output' in first)) throw new Error('nothing was bundled')
  return first.output[0].code
}

const PAGE = `<!doctype html>
<title>A page with copied code</title>
<video id="remote" autoplay playsinline muted></video>
<script type="module" src="/bundled.js"></script>
`
