import { useCallback, useEffect, useState } from 'react'
import { acquire, meter, watchDevices, type DeviceList } from 'magpie-client/devices'
import type { Preferences } from '../../model/preferences'
import type { MediaTrial } from './MediaDevices'

/** Lists the devices and, while a trial runs, opens the chosen ones. Everything is closed when the view goes. */
export function useMediaTrial({ camera, microphone }: Preferences): MediaTrial {
  const [devices, setDevices] = useState<DeviceList>({ cameras: [], microphones: [], speakers: [] })
  // counts the trials, so that another try is another number; 0 while none runs
  const [trial, setTrial] = useState(0)
  const [state, setState] = useState<MediaTrial['state']>({ kind: 'idle' })
  const [level, setLevel] = useState(0)

  useEffect(() => watchDevices(setDevices), [])
  useEffect(() => {
    if (trial === 0) return
    let live = true
    let close = () => {
      live = false
    }
    void acquire({ audio: microphone ?? true, video: camera ?? true }).then((answer) => {
      const stream = answer.ok ? answer.stream : null
      const quiet = stream && stream.getAudioTracks().length > 0 ? meter(stream, setLevel) : null
      close = () => {
        live = false
        quiet?.()
        for (const track of stream?.getTracks() ?? []) track.stop()
      }
      if (!live) close()
      else setState({ kind: 'running', stream, failures: answer.ok ? (answer.missing ?? {}) : failuresOf(answer) })
    })
    return () => close()
  }, [trial, camera, microphone])

  const onStart = useCallback(() => {
    setState({ kind: 'starting' })
    setTrial((count) => count + 1)
  }, [])
  const onStop = useCallback(() => {
    setTrial(0)
    setState({ kind: 'idle' })
  }, [])
  return { devices, speakerChoice: 'setSinkId' in HTMLMediaElement.prototype, state, level, onStart, onStop }
}

function failuresOf({ audio, video }: Extract<Awaited<ReturnType<typeof acquire>>, { ok: false }>) {
  return { ...(audio && { audio }), ...(video && { video }) }
}
