// A call by QR code, held before the camera.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from 'uqr'
import { launch } from '../src/browser.ts'
import { expect, test } from '../src/fixtures.ts'
import { writeMedia } from '../src/media.ts'
import { Person } from '../src/person.ts'
import { installProbe } from '../src/probe.ts'

test('a scanned QR code leads to the page that calls its owner', async ({ arrive, server, shared }) => {
  const green = await arrive('green')
  const number = await green.number()
  const video = join(shared.folder, 'code.y4m')
  await writeFile(video, pictureOf(`${server.origin}/call/${number}`))
  const { audio } = await writeMedia(shared.folder, 'red')
  const browser = await launch(shared.home, { video, audio })
  try {
    const context = await browser.newContext({ locale: 'en-US' })
    await context.addInitScript(installProbe)
    const red = await Person.at(await context.newPage(), 'red')
    await red.page.goto(server.origin)
    await red.button('Scan a QR code').click()
    await expect(red.page).toHaveURL(`${server.origin}/call/${number}`)
    await expect(red.page.getByRole('dialog')).toBeHidden()
    await red.button('Video call').click()
    await green.answer()
    await Promise.all([red.expectConnected(), green.expectConnected()])
  } finally {
    await browser.close()
  }
})

/** A film of one frame that shows a QR code, black on white. */
function pictureOf(text: string): Buffer {
  const { data, size } = encode(text, { border: 4 })
  const side = 480
  const luma = Buffer.alloc(side * side)
  for (let at = 0; at < luma.length; at += 1) {
    const [column, row] = [at % side, Math.floor(at / side)].map((pixel) => Math.floor((pixel * size) / side))
    luma[at] = data[row ?? 0]?.[column ?? 0] ? 16 : 235
  }
  const header = Buffer.from(`YUV4MPEG2 W${side} H${side} F30:1 Ip A1:1 C420mpeg2\nFRAME\n`)
  return Buffer.concat([header, luma, Buffer.alloc((side * side) / 2, 128)])
}
