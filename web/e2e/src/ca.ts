// The CA that all servers of a test run share, so that a browser has to trust only one.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Server } from './server.ts'

/**
 * Lets a server make its CA.
 * @param folder gets `ca.pem`, and a data folder to copy for each server
 * @returns that data folder, without a store
 */
export async function exportCa(folder: string): Promise<string> {
  const data = join(folder, 'ca')
  await mkdir(data)
  const server = new Server(data)
  await server.start()
  await writeFile(join(folder, 'ca.pem'), await plainGet(server.port, '/trust/ca.pem'))
  await server.stop()
  await rm(join(data, 'store.sqlite'), { force: true })
  await rm(join(data, 'store.sqlite-wal'), { force: true })
  await rm(join(data, 'store.sqlite-shm'), { force: true })
  return data
}

/** The certificate is offered over plain HTTP, for those who cannot trust the server yet. */
async function plainGet(port: number, path: string): Promise<Buffer> {
  return await new Promise((done, fail) => {
    request({ host: '127.0.0.1', port, path }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        if (response.statusCode === 200) done(Buffer.concat(parts))
        else fail(new Error(`GET ${path}: ${response.statusCode}`))
      })
    })
      .on('error', fail)
      .end()
  })
}
