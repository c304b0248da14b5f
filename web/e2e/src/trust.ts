// A home folder whose NSS database trusts our CA: what a person does by hand, and no flag that ignores certificates.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Makes `home/.pki/nssdb`, where Chromium looks, and trusts the CA in the PEM file there. */
export async function trustInHome(home: string, caPem: string): Promise<void> {
  const database = join(home, '.pki/nssdb')
  await mkdir(database, { recursive: true })
  await trustIn(database, caPem)
}

/** Makes an NSS database in `folder` (a Firefox profile is one) that trusts the CA in the PEM file. */
export async function trustIn(folder: string, caPem: string): Promise<void> {
  await run('certutil', ['-N', '-d', `sql:${folder}`, '--empty-password'])
  await run('certutil', ['-A', '-d', `sql:${folder}`, '-n', 'Magpie', '-t', 'C,,', '-i', caPem])
}
