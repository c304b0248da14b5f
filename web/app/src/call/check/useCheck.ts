import type { MediaFailures } from 'magpie-client/devices'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { acquireWithin, stopAll, type ChosenDevices } from '../media/local'
import { goWithout, type Preparation, type Prepared } from '../media/prepare'
import { checkRetries, firstCheck, reduceCheck, skips, standing, wanted, type Check, type Device } from './check'

type Asked = ReturnType<typeof acquireWithin>

export interface CheckControl {
  check: Check
  /** What works so far. */
  stream: MediaStream
  /** Changes whenever the tracks of `stream` do. */
  version: number
  chosen: ChosenDevices
  retry: () => void
  skip: (device: Device) => void
  choose: (device: Device, id: string) => void
  /** Begins the call with what works. */
  go: () => void
  giveUp: () => void
}

/** The life of one pre-call check: asks, asks again when something may have changed, and ends with a stream or none. */
export function useCheck(preparation: Preparation, asked: Asked, onDone: (prepared: Prepared) => void): CheckControl {
  const [check, dispatch] = useReducer(reduceCheck, preparation.wants, firstCheck)
  const [stream] = useState(() => new MediaStream())
  const [version, setVersion] = useState(0)
  const [chosenHere, setChosenHere] = useState<Partial<ChosenDevices>>({})
  const chosen = useMemo(() => ({ ...preparation.chosen, ...chosenHere }), [preparation.chosen, chosenHere])
  const done = useRef(false)

  const take = useCallback(
    async (asking: Asked, wish: { audio: boolean; video: boolean }) => {
      const acquired = await asking
      if (done.current) {
        if (acquired.ok) stopAll(acquired.stream)
        return
      }
      if (acquired.ok) adopt(stream, acquired.stream)
      const failures: MediaFailures = acquired.ok ? (acquired.missing ?? {}) : acquired
      dispatch({
        type: 'answered',
        ...(wish.audio ? { microphone: failures.audio ?? null } : {}),
        ...(wish.video ? { camera: failures.video ?? null } : {}),
      })
      setVersion((before) => before + 1)
    },
    [stream],
  )
  const finish = (prepared: Prepared) => {
    if (done.current) return
    done.current = true
    if (!prepared.ok) stopAll(stream)
    onDone(prepared)
  }
  const go = () => {
    goWithout(skips(check))
    if (Object.keys(chosenHere).length > 0) preparation.remember(chosenHere)
    finish({ ok: true, stream: stream.getTracks().length > 0 ? stream : null, chosen })
  }

  const retrying = useRef(false)
  const retry = useCallback(() => {
    const wish = wanted(check)
    if (retrying.current || !(wish.audio || wish.video)) return
    retrying.current = true
    const asking = acquireWithin({
      audio: wish.audio && (chosen.microphone ?? true),
      video: wish.video && (chosen.camera ?? true),
    })
    void take(asking, wish).finally(() => (retrying.current = false))
  }, [check, chosen, take])

  useEffect(() => void take(asked, preparation.wants), [asked, take, preparation.wants])
  useRetries(check, retry)
  useWhenReady(check, go)
  return {
    check,
    stream,
    version,
    chosen,
    retry,
    skip: (device) => dispatch({ type: 'skip', device }),
    choose: (device, id) => {
      setChosenHere((before) => ({ ...before, [device]: id }))
      const wish = { audio: device === 'microphone', video: device === 'camera' }
      void take(acquireWithin({ audio: wish.audio && id, video: wish.video && id }), wish)
    },
    go,
    giveUp: () => finish({ ok: false }),
  }
}

/** Asks again when a device or a permission changes, when the person comes back to the page, or every two seconds, as the failure hopes for. */
function useRetries(check: Check, retry: () => void): void {
  const hope = checkRetries(check)
  useEffect(() => {
    if (hope === 'never') return
    const leave = [
      listen(navigator.mediaDevices, 'devicechange', retry),
      listen(window, 'focus', retry),
      onPermission(retry),
    ]
    const timer = hope === 'poll' ? setInterval(retry, POLL_MS) : undefined
    return () => {
      leave.forEach((each) => each())
      clearInterval(timer)
    }
  }, [hope, retry])
}

/** With nothing ever wrong, or the rest skipped, the call begins by itself; what was fixed is shown green first. */
function useWhenReady(check: Check, go: () => void): void {
  const begin = standing(check) === 'ready' && (!check.failedOnce || Object.keys(skips(check)).length > 0)
  const latest = useRef(go)
  useEffect(() => {
    latest.current = go
  })
  useEffect(() => {
    if (begin) latest.current()
  }, [begin])
}

function adopt(stream: MediaStream, news: MediaStream): void {
  for (const track of news.getTracks()) {
    const old = stream.getTracks().find(({ kind }) => kind === track.kind)
    if (old) {
      stream.removeTrack(old)
      old.stop()
    }
    stream.addTrack(track)
  }
}

function listen(target: EventTarget | undefined, type: string, listener: () => void): () => void {
  target?.addEventListener(type, listener)
  return () => target?.removeEventListener(type, listener)
}

function onPermission(listener: () => void): () => void {
  const over = new AbortController()
  if (!('permissions' in navigator)) return () => undefined
  for (const name of ['camera', 'microphone']) {
    navigator.permissions
      .query({ name: name as PermissionName })
      .then((status) => status.addEventListener('change', listener, { signal: over.signal }))
      .catch(() => undefined) // a browser that does not know these names has a button instead
  }
  return () => over.abort()
}

const POLL_MS = 2000
