// Another camera, microphone or speaker in the middle of a call, chosen by the person or forced by a plug.
import { makePluggable, sentFrom } from '../src/cameras.ts'
import { expect, test } from '../src/fixtures.ts'
import { connect, type Person } from '../src/person.ts'
import { meanColour } from '../src/probe.ts'

/** Waits until the picture is mostly green, as the first of Chromium's fake cameras is. */
async function expectFirstCamera(viewer: Person): Promise<void> {
  const greenness = async (): Promise<number> => {
    const [red, green, blue] = (await viewer.remoteVideo.evaluate(meanColour)) ?? [0, 0, 0]
    return green - Math.max(red, blue)
  }
  await expect.poll(greenness).toBeGreaterThan(50)
}

async function openDevices(person: Person): Promise<void> {
  await person.press('More')
  await person.button('Devices').click()
}

test('another camera is seen by the other side', async ({ arrive }) => {
  const red = await arrive('red', { cameras: 2 })
  const green = await arrive('green')
  await connect(red, green)
  await expectFirstCamera(green)
  await openDevices(red)
  await red.page.getByLabel('Camera', { exact: true }).selectOption({ label: 'fake_device_1' })
  await green.expectSees('blue')
  await green.expectFrames()
})

test('another microphone is heard by the other side', async ({ arrive }) => {
  const red = await arrive('red', { cameras: 2 })
  const green = await arrive('green')
  await connect(red, green)
  expect(await sentFrom(red.page, 'audio')).toBe('Fake Default Audio Input')
  await openDevices(red)
  await red.page.getByLabel('Microphone', { exact: true }).selectOption({ label: 'Fake Audio Input 2' })
  await expect.poll(async () => await sentFrom(red.page, 'audio')).toBe('Fake Audio Input 2')
  await expect.poll(async () => await green.tone(1_500)).toBeGreaterThan(0)
})

test('another speaker plays the call, and the next one', async ({ arrive }) => {
  const red = await arrive('red', { cameras: 2 })
  const green = await arrive('green')
  const sink = async (): Promise<string> =>
    await red.remoteVideo.evaluate((video) => (video as HTMLVideoElement).sinkId)
  await connect(red, green)
  expect(await sink()).toBe('')
  await openDevices(red)
  const speaker = red.page.getByLabel('Speaker', { exact: true })
  await speaker.selectOption({ label: 'Fake Audio Output 1' })
  const chosen = await speaker.inputValue()
  await expect.poll(sink).toBe(chosen)
  await red.page.keyboard.press('Escape')
  await red.hangUp()
  await red.button('Done').click()
  await green.button('Done').click()
  await connect(red, green)
  await expect.poll(sink).toBe(chosen)
})

test('a camera that is pulled out is replaced by another, and the person told so', async ({ arrive }) => {
  const red = await arrive('red', { cameras: 2, before: makePluggable })
  const green = await arrive('green')
  await connect(red, green)
  await expectFirstCamera(green)
  await red.page.evaluate(() => window.pull('fake_device_0'))
  await expect(red.page.getByText('Your camera was unplugged. Another one took over.').first()).toBeAttached()
  await green.expectSees('blue')
})

test('without another camera the call goes on with sound, until one is plugged in', async ({ arrive }) => {
  const red = await arrive('red', { cameras: 1, before: makePluggable })
  const green = await arrive('green')
  await connect(red, green)
  await expectFirstCamera(green)
  await red.page.evaluate(() => window.pull('fake_device_0'))
  await expect(red.page.getByText('Your camera is gone. The call goes on with sound.').first()).toBeAttached()
  await expect(green.remoteVideo).toHaveCSS('opacity', '0')
  await expect.poll(async () => await green.tone(1_500)).toBeGreaterThan(0)
  await openDevices(red)
  const camera = red.page.getByLabel('Camera', { exact: true })
  await expect(camera).toHaveText('None found')
  await red.page.evaluate(() => window.plug('fake_device_0'))
  await expect(camera).toContainText('fake_device_0')
  await red.page.keyboard.press('Escape')
  await red.press('Turn camera on')
  await expectFirstCamera(green)
})

test('a phone turns from the front to the rear camera and back', async ({ arrive }) => {
  const red = await arrive('red', {
    cameras: 2,
    before: () => {
      // Phones share no screen, which is how the page knows one; a fake camera looks nowhere, so the wish is checked.
      Reflect.deleteProperty(MediaDevices.prototype, 'getDisplayMedia')
      Reflect.deleteProperty(navigator.mediaDevices, 'getDisplayMedia')
      const wishes: unknown[] = []
      Object.assign(window, { wishes })
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        if (typeof constraints?.video === 'object') wishes.push(constraints.video.facingMode ?? null)
        return await open(constraints)
      }
    },
  })
  const green = await arrive('green')
  const wishes = async (): Promise<unknown> =>
    await red.page.evaluate(() => (window as unknown as { wishes: unknown }).wishes)
  await connect(red, green)
  await red.press('Switch camera')
  await expect.poll(wishes).toEqual([null, 'environment'])
  await green.expectFrames()
  await red.press('Switch camera')
  await expect.poll(wishes).toEqual([null, 'environment', 'user'])
  await green.expectFrames()
})

test('a camera chosen before a call because the first was in use is taken for later calls too', async ({ arrive }) => {
  const red = await arrive('red', {
    cameras: 2,
    before: () => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const first = typeof constraints?.video === 'object' && constraints.video.deviceId === undefined
        if (first) throw new DOMException('Could not start video source', 'NotReadableError')
        return await open(constraints)
      }
    },
  })
  const green = await arrive('green')
  await red.dial(await green.number())
  const check = red.page.getByRole('dialog', { name: 'Camera and microphone' })
  await check.getByLabel('Camera', { exact: true }).selectOption({ label: 'fake_device_1' })
  await check.getByRole('button', { name: 'Call now' }).click()
  await green.answer()
  await green.expectSees('blue')
  await red.hangUp()
  await red.button('Done').click()
  await green.button('Done').click()
  await connect(red, green)
  await green.expectSees('blue')
})
