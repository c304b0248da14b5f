// Looks into a page from outside: what it connected, captured and decoded, without any help from the page's own code.

export interface Probe {
  readonly connections: RTCPeerConnection[]
  readonly candidates: string[]
  /** Calls of `getUserMedia`. */
  captures: number
  /** Calls of `getDisplayMedia`. */
  screens: number
}

declare global {
  interface Window {
    probe: Probe
  }
}

/** Runs in the page before its own scripts. */
export function installProbe(): void {
  const probe: Probe = { connections: [], candidates: [], captures: 0, screens: 0 }
  window.probe = probe

  const NativeConnection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends NativeConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      probe.connections.push(this)
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate !== null) probe.candidates.push(candidate.candidate)
      })
    }
  }

  // An insecure page has none.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (devices === undefined) return
  const getUserMedia = devices.getUserMedia.bind(devices)
  devices.getUserMedia = async (constraints) => {
    probe.captures += 1
    return await getUserMedia(constraints)
  }
  const getDisplayMedia = devices.getDisplayMedia.bind(devices)
  devices.getDisplayMedia = async (options) => {
    probe.screens += 1
    return await getDisplayMedia(options)
  }
}

/** Video frames decoded so far by the connections that are still open. */
export async function framesDecoded(): Promise<number> {
  let frames = 0
  for (const connection of window.probe.connections) {
    if (connection.connectionState === 'closed') continue
    for (const report of (await connection.getStats()).values()) {
      const stats = report as { type: string; kind?: string; framesDecoded?: number }
      if (stats.type === 'inbound-rtp' && stats.kind === 'video') frames += stats.framesDecoded ?? 0
    }
  }
  return frames
}

/**
 * The longest time between two pictures of a video, by when they came in from the network; for one that stays away, until the
 * end. A page too busy to draw all of them says nothing about the network.
 *
 * @param duration how long to look, milliseconds
 */
export async function longestStall(element: Element, duration: number): Promise<number> {
  const video = element as HTMLVideoElement
  const end = performance.now() + duration
  let last = performance.now()
  let longest = 0
  const came = (at: number): void => {
    longest = Math.max(longest, at - last)
    last = Math.max(last, at)
  }
  await new Promise<void>((done) => {
    const late = setTimeout(done, duration + 1_000)
    const look = (now: number, { receiveTime }: VideoFrameCallbackMetadata): void => {
      came(receiveTime ?? now)
      if (now < end) return void video.requestVideoFrameCallback(look)
      clearTimeout(late)
      done()
    }
    video.requestVideoFrameCallback(look)
  })
  came(end)
  return Math.round(longest)
}

/** How the open connection reaches the other side: candidate types, and the protocol to the relay. */
export async function route(): Promise<{ local: string; remote: string; relayProtocol: string | null } | null> {
  for (const connection of window.probe.connections) {
    if (connection.connectionState !== 'connected') continue
    const stats = await connection.getStats()
    for (const report of stats.values()) {
      const transport = report as { type: string; selectedCandidatePairId?: string }
      if (transport.type !== 'transport' || transport.selectedCandidatePairId === undefined) continue
      const pair = stats.get(transport.selectedCandidatePairId) as RTCIceCandidatePairStats
      const local = stats.get(pair.localCandidateId) as { candidateType: string; relayProtocol?: string }
      const remote = stats.get(pair.remoteCandidateId) as { candidateType: string }
      return { local: local.candidateType, remote: remote.candidateType, relayProtocol: local.relayProtocol ?? null }
    }
  }
  return null
}

/** URLs of the relays that gave the open connections their candidates, each once. */
export async function relays(): Promise<string[]> {
  const urls = new Set<string>()
  for (const connection of window.probe.connections) {
    if (connection.connectionState !== 'connected') continue
    for (const report of (await connection.getStats()).values()) {
      const stats = report as { type: string; candidateType?: string; url?: string }
      if (stats.type === 'local-candidate' && stats.candidateType === 'relay') urls.add(stats.url ?? 'unknown')
    }
  }
  return [...urls]
}

/** The mean colour of what a video element shows, red, green and blue; null before its first frame. */
export function meanColour(element: Element): [number, number, number] | null {
  const video = element as HTMLVideoElement
  if (video.videoWidth === 0) return null
  const canvas = document.createElement('canvas')
  canvas.width = 32
  canvas.height = 24
  const context = canvas.getContext('2d')
  if (context === null) return null
  context.drawImage(video, 0, 0, canvas.width, canvas.height)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const sums: [number, number, number] = [0, 0, 0]
  for (let at = 0; at < data.length; at += 4) {
    for (const channel of [0, 1, 2] as const) sums[channel] += data[at + channel] ?? 0
  }
  const pixels = data.length / 4
  return [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels]
}

/**
 * Listens to what an element plays or, where it plays nothing, to what the page receives.
 * @returns the loudest frequency in hertz, null when it stays quiet for `milliseconds`
 */
export async function loudestTone(element: Element, milliseconds: number): Promise<number | null> {
  const connection = window.probe.connections.find(({ connectionState }) => connectionState === 'connected')
  const stream = element instanceof HTMLMediaElement ? element.srcObject : null
  const tracks =
    stream instanceof MediaStream ? stream.getTracks() : connection?.getReceivers().map(({ track }) => track)
  const track = tracks?.find(({ kind, readyState, muted }) => kind === 'audio' && readyState === 'live' && !muted)
  if (track === undefined) return null
  const context = new AudioContext()
  await context.resume()
  const analyser = context.createAnalyser()
  analyser.fftSize = 8192
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  const bins = new Uint8Array(analyser.frequencyBinCount)
  const end = performance.now() + milliseconds
  let best = { level: 120, hertz: null as number | null }
  while (performance.now() < end) {
    await new Promise((done) => setTimeout(done, 50))
    analyser.getByteFrequencyData(bins)
    bins.forEach((level, index) => {
      if (level > best.level) best = { level, hertz: (index * context.sampleRate) / analyser.fftSize }
    })
  }
  await context.close()
  return best.hertz
}
