// Programs that the measurements need from Debian.
import { spawnSync } from 'node:child_process'

/** Why a section or a server was left out. */
export class Skipped extends Error {}

/** Sees to it that `program` of the Debian package `name` can be run: installs it when root on Debian, else throws `Skipped`. */
export function need(program, name) {
  const found = () => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (found()) return
  const debian = spawnSync('sh', ['-c', 'test -f /etc/debian_version && test "$(id -u)" = 0']).status === 0
  if (!debian) throw new Skipped(`${program} is not installed (Debian's package \`${name}\`)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { stdio: 'inherit', env })
  if (!found()) throw new Skipped(`${program} could not be installed (Debian's package \`${name}\`)`)
}
