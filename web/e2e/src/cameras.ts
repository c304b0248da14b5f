// Several cameras on one machine, which can be pulled out. Chromium's fake cameras all look alike and cannot be
// unplugged; what is added to that here runs in the page, before its own scripts.
import type { Page } from '@playwright/test'

declare global {
  interface Window {
    pull: (label: string) => void
    plug: (label: string) => void
  }
}

/** Where the second camera looks, everything is blue: of the real track only its name and settings are left. */
export function paintSecondCamera(): void {
  const devices = navigator.mediaDevices
  const open = devices.getUserMedia.bind(devices)
  devices.getUserMedia = async (constraints) => {
    const stream = await open(constraints)
    const camera = stream.getVideoTracks()[0]
    if (camera?.label !== 'fake_device_1') return stream
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 })
    const context = canvas.getContext('2d')
    const painted = canvas.captureStream(30).getVideoTracks()[0]
    if (context === null || painted === undefined) throw new Error('no canvas')
    let frame = 0
    const timer = setInterval(() => {
      context.fillStyle = '#00f'
      context.fillRect(0, 0, 320, 240)
      context.fillStyle = '#fff'
      context.fillRect((frame += 4) % 320, 0, 4, 240)
    }, 33)
    Object.defineProperty(painted, 'label', { value: camera.label })
    painted.getSettings = () => camera.getSettings()
    const stop = painted.stop.bind(painted)
    painted.stop = () => {
      clearInterval(timer)
      camera.stop()
      stop()
    }
    return new MediaStream([...stream.getAudioTracks(), painted])
  }
}

/** Lets a test pull devices out: they are not listed or opened any more, and what they sent has ended. */
export function makePluggable(): void {
  const pulled = new Set<string>()
  const devices = navigator.mediaDevices
  const list = devices.enumerateDevices.bind(devices)
  const open = devices.getUserMedia.bind(devices)
  devices.enumerateDevices = async () => (await list()).filter(({ label }) => !pulled.has(label))
  devices.getUserMedia = async (constraints = {}) => {
    if (typeof constraints.video !== 'object' || pulled.size === 0) return await open(constraints)
    const camera = (await devices.enumerateDevices()).find(({ kind }) => kind === 'videoinput')
    if (camera === undefined) throw new DOMException('Requested device not found', 'NotFoundError')
    return await open({ ...constraints, video: { ...constraints.video, deviceId: { exact: camera.deviceId } } })
  }
  window.pull = (label) => {
    pulled.add(label)
    for (const track of window.probe.connections.flatMap((one) => one.getSenders().map(({ track }) => track))) {
      if (track?.label !== label) continue
      track.stop()
      track.dispatchEvent(new Event('ended'))
    }
    devices.dispatchEvent(new Event('devicechange'))
  }
  window.plug = (label) => {
    pulled.delete(label)
    devices.dispatchEvent(new Event('devicechange'))
  }
}

/** The name of the device a page sends from; null when it sends nothing of that kind. */
export async function sentFrom(page: Page, kind: 'audio' | 'video'): Promise<string | null> {
  return await page.evaluate((kind) => {
    const tracks = window.probe.connections.flatMap((one) => one.getSenders()).map(({ track }) => track)
    return tracks.find((track) => track?.kind === kind && track.readyState === 'live')?.label ?? null
  }, kind)
}
