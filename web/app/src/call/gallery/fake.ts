import type { Call, CallState, Card, MediaKind, PeerMedia } from 'magpie-client'
import { lin } from '../../gallery/fixtures'
import { LocalMedia } from '../media/local'

/** A call that goes nowhere, for pictures of the views. It answers every question and does nothing. */
export interface FakeCall {
  peer?: Card
  media?: MediaKind
  role?: 'caller' | 'callee'
  peerMedia?: PeerMedia
  remote?: MediaStream
  remoteScreen?: MediaStream
}

/** Makes one; the cast is the price of standing in for a class with private parts. */
export function fakeCall({
  peer = lin,
  media = 'video',
  role = 'caller',
  peerMedia,
  remote,
  remoteScreen,
}: FakeCall): Call {
  const state: CallState = { kind: 'connected', since: 0 }
  const nothing = () => undefined
  const settled = () => Promise.resolve()
  const call = {
    id: `${peer.id}-${media}-${role}`,
    role,
    peer,
    media,
    state,
    remote: remote ?? new MediaStream(),
    remoteScreen: remoteScreen ?? null,
    peerMedia: peerMedia ?? { audio: true, video: media === 'video', screen: false },
    screen: null,
    connection: null,
    on: () => nothing,
    accept: nothing,
    rejoin: nothing,
    decline: nothing,
    hangUp: nothing,
    setTrack: settled,
    setEnabled: nothing,
    shareScreen: settled,
    stopScreen: settled,
  }
  return call as unknown as Call
}

/** Devices that show a drawing. */
export function fakeLocal(call: Call, stream: MediaStream | null): LocalMedia {
  const local = new LocalMedia(call)
  local.begin(stream, { camera: null, microphone: null })
  return local
}

type Scene = 'person' | 'me' | 'slides'

/** A moving picture without a camera. */
export function drawnStream(scene: Scene, width: number, height: number): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d')
  const paint = () => pen && SCENES[scene](pen, width, height)
  paint()
  setInterval(paint, 100) // a canvas that stands still sends no frames
  return canvas.captureStream(10)
}

const SCENES: Readonly<Record<Scene, (pen: CanvasRenderingContext2D, width: number, height: number) => void>> = {
  person: (pen, width, height) => person(pen, width, height, ['#6f8fa8', '#c9b79c'], '#3d4f6b', '#e3b48c'),
  me: (pen, width, height) => person(pen, width, height, ['#a58f73', '#d8c9ae'], '#70493a', '#f0c8a4'),
  slides,
}

function person(
  pen: CanvasRenderingContext2D,
  width: number,
  height: number,
  wall: [string, string],
  coat: string,
  skin: string,
): void {
  const light = pen.createLinearGradient(0, 0, width, height)
  light.addColorStop(0, wall[0])
  light.addColorStop(1, wall[1])
  pen.fillStyle = light
  pen.fillRect(0, 0, width, height)
  const unit = Math.min(width, height)
  disc(pen, width / 2, height * 1.06, unit * 0.42, coat)
  disc(pen, width / 2, height * 0.45, unit * 0.19, '#2b2320')
  disc(pen, width / 2, height * 0.49, unit * 0.165, skin)
}

function disc(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string): void {
  pen.fillStyle = colour
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.fill()
}

function slides(pen: CanvasRenderingContext2D, width: number, height: number): void {
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = '#14203a'
  pen.fillRect(width * 0.08, height * 0.1, width * 0.5, height * 0.07)
  pen.fillStyle = '#c6d7f5'
  for (let bar = 0; bar < 6; bar++) {
    const tall = height * (0.14 + 0.08 * bar)
    pen.fillRect(width * (0.1 + bar * 0.14), height * 0.86 - tall, width * 0.09, tall)
  }
}
