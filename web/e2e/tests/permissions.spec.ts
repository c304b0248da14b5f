// What a person reads when camera or microphone cannot be had, and that a call is possible all the same.
import { launch } from '../src/browser.ts'
import { expect, test } from '../src/fixtures.ts'
import { middlebox } from '../src/middlebox.ts'
import { meanColour } from '../src/probe.ts'

interface Failure {
  readonly when: string
  readonly before: () => void
  /** What is wrong, and what to do. */
  readonly words: readonly [string, string]
}

// The functions run in the page, so each carries all it needs.
const failures: Failure[] = [
  {
    when: 'the person refused',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    },
    words: ['Camera and microphone are blocked for this page', 'Press the icon left of the address'],
  },
  {
    when: 'the system refused',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied by system', 'NotAllowedError'))
    },
    words: ['Your system keeps camera and microphone from the browser', "Look in your system's privacy settings"],
  },
  {
    when: 'the question was closed without an answer',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission dismissed', 'NotAllowedError'))
    },
    words: ['The question about camera and microphone was closed', 'Press "Try again", and then "Allow"'],
  },
  {
    when: 'another program holds them',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Could not start video source', 'NotReadableError'))
    },
    words: ['Another program is using camera and microphone', 'Close it, or the other tab'],
  },
  {
    when: 'there is none',
    before: () => {
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Requested device not found', 'NotFoundError'))
    },
    words: ['No camera and no microphone found', 'Plug one in or switch it on'],
  },
  {
    when: 'none can do what is asked',
    before: () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new OverconstrainedError('width', 'too wide'))
    },
    words: ["These devices can't do what the call needs", 'Choose another one below'],
  },
]

for (const { when, before, words } of failures) {
  test(`the page says what to do when ${when}`, async ({ arrive }) => {
    const green = await arrive('green')
    const red = await arrive('red', { before })
    await red.dial(await green.number())
    const dialog = red.page.getByRole('dialog', { name: 'Camera and microphone' })
    await expect(dialog).toBeVisible()
    await expect(dialog.getByRole('heading', { name: words[0] })).toBeVisible()
    await expect(dialog.getByRole('alert')).toContainText(words[1])
    await expect(dialog.getByRole('alert')).toHaveCount(1)
    await expect(dialog.getByRole('button', { name: 'Try again' })).toBeVisible()
  })
}

test('somebody without a camera joins with the microphone alone', async ({ arrive }) => {
  const green = await arrive('green')
  const red = await arrive('red', {
    before: () => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        if (constraints?.video) throw new DOMException('Requested device not found', 'NotFoundError')
        return await real(constraints)
      }
    },
  })
  await red.dial(await green.number())
  const goOn = red.button('Continue without camera')
  await goOn.or(red.outgoing).first().waitFor()
  if (await goOn.isVisible()) await goOn.click()
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await green.expectHears('red')
  await red.expectSees('green')
})

test('somebody without anything joins and sees and hears', async ({ arrive }) => {
  const green = await arrive('green')
  const red = await arrive('red', {
    before: () => {
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Requested device not found', 'NotFoundError'))
    },
  })
  await red.dial(await green.number())
  for (const name of ['Continue without camera', 'Continue without microphone']) {
    const goOn = red.button(name)
    await goOn.or(red.outgoing).first().waitFor()
    if (await goOn.isVisible()) await goOn.click()
  }
  await green.answer()
  await red.expectConnected()
  await red.expectSees('green')
  await red.expectHears('green')
})

test('a failure that is put right turns into the call', async ({ arrive }) => {
  const green = await arrive('green')
  const red = await arrive('red', {
    before: () => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      let refuse = true
      Object.assign(window, { allowMedia: () => (refuse = false) })
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        if (refuse) throw new DOMException('Permission denied', 'NotAllowedError')
        return await real(constraints)
      }
    },
  })
  await red.dial(await green.number())
  const dialog = red.page.getByRole('dialog', { name: 'Camera and microphone' })
  await expect(dialog).toBeVisible()
  await red.page.evaluate(() => (window as unknown as { allowMedia: () => void }).allowMedia())
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await expect(dialog).toContainText('All set')
  await dialog.getByRole('button', { name: 'Call now' }).click()
  await green.answer()
  await red.expectConnected()
  await green.expectSees('red')
})

test('a browser without calls is told so in words', async ({ arrive }) => {
  const red = await arrive('red', {
    before: () => {
      Reflect.deleteProperty(window, 'RTCPeerConnection')
      // The adapter would make do with it.
      Reflect.deleteProperty(window, 'webkitRTCPeerConnection')
    },
  })
  await expect(red.page.getByRole('heading', { name: 'This browser cannot make calls' })).toBeVisible()
  await expect(red.page.getByText(/Chrome, Edge, Firefox/).first()).toBeVisible()
  await expect(red.field).toBeHidden()
})

test('a page that did not come over HTTPS says so, and leads to one that does', async ({ server, shared }) => {
  const box = await middlebox(server.origin, 'refuses')
  // Any name but localhost will do for a browser to find that a page without HTTPS is not safe.
  const browser = await launch(shared.home, undefined, ['--host-resolver-rules=MAP magpie.test 127.0.0.1'])
  try {
    const page = await (await browser.newContext({ locale: 'en-US' })).newPage()
    await page.goto(box.origin.replace('localhost', 'magpie.test'))
    await expect(page.getByRole('heading', { name: 'This page did not come over HTTPS' })).toBeVisible()
    const secure = page.getByRole('link', { name: 'Open the secure page' })
    await expect(secure).toHaveAttribute('href', /^https:\/\/magpie\.test:\d+\/$/)
  } finally {
    await browser.close()
    box.close()
  }
})

test('a check turns green by itself, and shows what is seen and heard, and what to choose from', async ({ arrive }) => {
  const green = await arrive('green')
  const red = await arrive('red', {
    cameras: 2,
    before: () => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      let held = true
      Object.assign(window, { letGo: () => (held = false) })
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        if (held) throw new DOMException('Could not start video source', 'NotReadableError')
        return await open(constraints)
      }
    },
  })
  await red.dial(await green.number())
  const dialog = red.page.getByRole('dialog', { name: 'Camera and microphone' })
  await expect(dialog).toContainText('Another program is using camera and microphone')
  await red.page.evaluate(() => (window as unknown as { letGo: () => void }).letGo())
  await expect(dialog).toContainText('All set')
  const preview = dialog.getByLabel('What your camera sees')
  const greenness = async (): Promise<number> => (await preview.evaluate(meanColour))?.[1] ?? 0
  await expect.poll(greenness, { message: 'the first fake camera is green' }).toBeGreaterThan(90)
  const level = dialog.getByRole('meter', { name: 'Microphone level' })
  await expect.poll(async () => Number(await level.getAttribute('aria-valuenow'))).toBeGreaterThan(0)
  await dialog.getByLabel('Microphone', { exact: true }).selectOption({ label: 'Fake Audio Input 2' })
  await dialog.getByLabel('Camera', { exact: true }).selectOption({ label: 'fake_device_1' })
  await red.expectSees('blue', preview)
  await dialog.getByRole('button', { name: 'Call now' }).click()
  await expect(green.incoming).toBeVisible()
})
