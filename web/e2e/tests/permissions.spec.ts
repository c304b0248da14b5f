// What a person reads when camera or microphone cannot be had, and that a call is possible all the same.
import { expect, test } from '../src/fixtures.ts'

interface Failure {
  readonly when: string
  readonly before: () => void
  readonly words: RegExp
}

// The functions run in the page, so each carries all it needs.
const failures: Failure[] = [
  {
    when: 'the person refused',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    },
    words: /blocked|denied|not allowed|refused|permission/i,
  },
  {
    when: 'the system refused',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission denied by system', 'NotAllowedError'))
    },
    words: /system/i,
  },
  {
    when: 'the question was closed without an answer',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Permission dismissed', 'NotAllowedError'))
    },
    words: /closed|dismissed|ask again|unanswered|without an answer/i,
  },
  {
    when: 'another program holds them',
    before: () => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Could not start video source', 'NotReadableError'))
    },
    words: /in use|another (?:app|program)|using/i,
  },
  {
    when: 'there is none',
    before: () => {
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('Requested device not found', 'NotFoundError'))
    },
    words: /found|no camera|no microphone/i,
  },
  {
    when: 'none can do what is asked',
    before: () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new OverconstrainedError('width', 'too wide'))
    },
    words: /cannot|can.t|format|setting|different/i,
  },
]

for (const { when, before, words } of failures) {
  test(`the page says what to do when ${when}`, async ({ arrive }) => {
    const green = await arrive('green')
    const red = await arrive('red', { before })
    await red.dial(await green.number())
    const dialog = red.page.getByRole('dialog', { name: 'Camera and microphone' })
    await expect(dialog).toBeVisible()
    await expect(dialog).toContainText(words)
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
    },
  })
  await expect(red.page.getByText(/browser/i).first()).toBeVisible()
})
