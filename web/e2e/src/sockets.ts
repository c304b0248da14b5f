// What a process has open, as the kernel sees it: nothing a page or a server says of itself.
import { readdir, readFile, readlink } from 'node:fs/promises'

/** The process whose command line holds `mark` and all its descendants; of several such, the whole families. */
export async function familyOf(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map<number, number>()
  const family = new Set<number>()
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (line.includes(mark)) family.add(pid)
  }
  for (let before = -1; before !== family.size;) {
    before = family.size
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid)
  }
  return [...family]
}

/** How many UDP sockets these processes have open together. */
export async function udpSockets(pids: readonly number[]): Promise<number> {
  const tables = await Promise.all(['udp', 'udp6'].map((name) => readFile(`/proc/self/net/${name}`, 'utf8')))
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1))
  const inodes = new Set(rows.map((row) => `socket:[${row.trim().split(/\s+/)[9] ?? ''}]`))
  const open = await Promise.all(pids.map(openFiles))
  return new Set(open.flat().filter((file) => inodes.has(file))).size
}

async function openFiles(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  return await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
}
