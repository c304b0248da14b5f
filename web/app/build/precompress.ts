import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** File types that shrink; images other than SVG are compressed already. */
const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest|txt)$/

/**
 * Writes `FILE.br` and `FILE.gz` beside every compressible file of the build, so that the server, which embeds them,
 * never compresses at run time.
 */
export function precompress(): Plugin {
  let folder = 'dist'
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const file of filesUnder(folder)) if (COMPRESSIBLE.test(file)) compressFile(file)
    },
  }
}

function compressFile(file: string): void {
  const body = readFileSync(file)
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  const gzip = gzipSync(body, { level: 9 })
  if (brotli.length < body.length) writeFileSync(`${file}.br`, brotli)
  if (gzip.length < body.length) writeFileSync(`${file}.gz`, gzip)
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : [path]
  })
}
