// What both pages of the first-frame benchmark share: the camera before the clock starts, and the frame that stops it.

/** A call by whichever library the page stands for. */
export interface Contestant {
  /** The name others dial; resolves once this page can be called. */
  ready(): Promise<string>
  /** Dials and resolves when the first frame of the other side has been decoded, with the time that took in milliseconds. */
  dial(to: string): Promise<number>
  /** Ends the call and resolves once another one may begin. */
  end(): Promise<void>
}

declare global {
  interface Window {
    contestant: Contestant
  }
}

/** The fake camera and microphone, taken once: asking for them is the same for everybody. */
export async function camera(): Promise<MediaStream> {
  return await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true })
}

/** Resolves when a stream's video has shown its first frame. */
export async function firstFrame(stream: MediaStream): Promise<void> {
  const video = document.createElement('video')
  video.muted = true
  video.autoplay = true
  video.playsInline = true
  video.srcObject = stream
  document.body.replaceChildren(video)
  await new Promise<void>((done) => video.requestVideoFrameCallback(() => done()))
}
