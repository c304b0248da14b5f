import { connect } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'
import { loudestTone } from '../src/probe.ts'

test('a shared screen is seen beside the camera, and goes when it is stopped', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await Promise.all([red.expectFrames(), green.expectFrames()])
  await red.press('Share screen')
  const screen = green.page.getByLabel(/screen/i).and(green.page.locator('video'))
  await expect(screen).toBeVisible()
  await expect
    .poll(async () => await screen.evaluate((video) => (video as HTMLVideoElement).videoWidth))
    .toBeGreaterThan(0)
  await red.press('Stop sharing')
  await expect(screen).toBeHidden()
  await green.expectSees('red')
})

test('the sound of a shared screen is heard besides the voice', async ({ arrive }) => {
  const red = await arrive('red', {
    before: () => {
      // Headless Chromium captures no sound: the screen is a real one, its sound a beep of its own.
      const capture = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getDisplayMedia = async (options) => {
        const stream = await capture({ ...options, audio: false })
        const context = new AudioContext()
        const sound = context.createMediaStreamDestination()
        const tone = new OscillatorNode(context, { frequency: 1_500 })
        tone.connect(sound)
        tone.start()
        for (const track of sound.stream.getAudioTracks()) stream.addTrack(track)
        return stream
      }
    },
  })
  const green = await arrive('green')
  await connect(red, green)
  await green.expectHears('red')
  await red.press('Share screen')
  const screen = green.page.getByLabel('Their screen', { exact: true }).and(green.page.locator('video'))
  const sound = async (): Promise<number | null> => await screen.evaluate(loudestTone, 1_500)
  await expect.poll(async () => Math.abs(((await sound()) ?? 0) - 1_500)).toBeLessThan(25)
  await expect(screen).toHaveJSProperty('muted', false)
  await green.expectHears('red')
  await red.press('Stop sharing')
  await expect(screen).toBeHidden()
  await green.expectHears('red')
})

test('a person who closes the choice of screens shares none, and nothing is said', async ({ arrive }) => {
  const red = await arrive('red', {
    before: () => {
      // Nobody can press a button of Chromium's own picker from here; this is what it answers to `Cancel`.
      navigator.mediaDevices.getDisplayMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    },
  })
  const green = await arrive('green')
  await connect(red, green)
  await green.expectSees('red')
  await red.press('Share screen')
  await expect(red.button('Share screen')).toBeEnabled()
  await expect(red.page.getByRole('dialog')).toHaveCount(0)
  await expect(red.page.getByText('The screen could not be shared')).toHaveCount(0)
  await expect(red.button('Stop sharing')).toHaveCount(0)
  await green.expectFrames()
})

test('an audio call becomes a video call when one of them turns the camera on', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green, 'audio')
  await red.expectHears('green')
  await red.press('Turn camera on')
  await green.expectSees('red')
  await green.press('Turn camera on')
  await red.expectSees('green')
})

test('a muted microphone is not heard, and is heard again afterwards', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await green.expectHears('red')
  await red.press('Mute microphone')
  await expect(red.button('Unmute microphone')).toBeAttached()
  await expect.poll(async () => await green.tone(1_200)).toBeNull()
  await red.press('Unmute microphone')
  await green.expectHears('red')
})

test('a camera turned off is not seen, and is seen again afterwards', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await green.expectSees('red')
  await red.press('Turn camera off')
  await expect(green.remoteVideo).toHaveCSS('opacity', '0')
  await red.press('Turn camera on')
  await expect(green.remoteVideo).toHaveCSS('opacity', '1')
  await green.expectSees('red')
})
