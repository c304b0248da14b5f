import { describe, expect, it } from 'vitest'
import { withStartBitrate } from '../src/sdp'

const SDP = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100',
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:98 VP9/90000',
  'a=fmtp:98 profile-id=0',
  'a=rtpmap:99 red/90000',
  'a=fmtp:99 96/96',
  '',
].join('\r\n')

describe('the start bitrate', () => {
  it('is told of every video codec, and of nothing else', () => {
    const changed = withStartBitrate(SDP, undefined)
    const added = changed.split('\r\n').filter((line) => !SDP.split('\r\n').includes(line))
    expect(added).toEqual([
      'a=fmtp:96 x-google-start-bitrate=1000',
      'a=fmtp:98 profile-id=0;x-google-start-bitrate=1000',
    ])
  })

  it('is told once per codec', () => {
    const changed = withStartBitrate(SDP, 10)
    expect(changed.match(/x-google-start-bitrate/g)).toHaveLength(2)
    expect(changed.match(/a=fmtp:96/g)).toHaveLength(1)
  })

  it('is left to the browser on a slow line', () => {
    expect(withStartBitrate(SDP, 0.4)).toBe(SDP)
  })

  it('leaves a description without video alone', () => {
    const audio = SDP.slice(0, SDP.indexOf('m=video'))
    expect(withStartBitrate(audio, undefined)).toBe(audio)
  })
})
