// The real binary, started as a person would, killed as a power cut would.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const target = process.env['CARGO_TARGET_DIR'] ?? resolve(import.meta.dirname, '../../../target')
const binary = process.env['MAGPIE_BIN'] ?? resolve(target, 'release/magpie')
const readyWithin = 15_000

type Child = ChildProcessByStdio<null, Readable, Readable>

/** One server process at a time, always on the same port and data folder. */
export class Server {
  #child: Child | null = null
  #port = 0
  #log: string[] = []

  /**
   * @param data the data folder
   * @param flags further flags of `magpie serve`
   * @param host the address it listens on, as in a URL
   */
  constructor(
    readonly data: string,
    readonly flags: readonly string[] = [],
    readonly host = '127.0.0.1',
  ) {}

  get origin(): string {
    return `https://${this.host}:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server is not running')
    return this.#child.pid
  }

  /** What it said on standard error, over all its lives. */
  get log(): string {
    return this.#log.join('\n')
  }

  /**
   * Starts it and waits for its `ready` line.
   * @returns milliseconds from start to ready
   * @throws when it ends or stays silent, with what it said
   */
  async start(): Promise<number> {
    if (!existsSync(binary)) throw new Error(`${binary} is not there: cargo build --release`)
    const begin = performance.now()
    const arguments_ = ['serve', '--listen', `${this.host}:${this.#port}`, '--data', this.data, ...this.flags]
    const child = spawn(binary, arguments_, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    createInterface(child.stderr).on('line', (line) => this.#log.push(line))
    const line = await firstLine(child)
    const port = /^ready https:\/\/(.+):(\d+)$/.exec(line)
    if (port?.[1] !== this.host) {
      child.kill('SIGKILL')
      throw new Error(`no ready line but "${line}"\n${this.log}`)
    }
    this.#port = Number(port[2])
    return performance.now() - begin
  }

  /** `kill -9`: nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /**
   * `kill -9` and a new life at once.
   * @returns milliseconds from the kill to ready
   */
  async crash(): Promise<number> {
    const begin = performance.now()
    await this.kill()
    await this.start()
    return performance.now() - begin
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }
}

async function firstLine(child: Child): Promise<string> {
  return await new Promise((done, fail) => {
    const timer = setTimeout(() => done('(nothing in time)'), readyWithin)
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer)
      done(line)
    })
    child.once('error', fail)
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      done(`(ended: ${code ?? signal ?? 'unknown'})`)
    })
  })
}
