import type { EndReason } from 'magpie-client'
import type { MediaFailure } from 'magpie-client/devices'
import type { Quality } from 'magpie-client/quality'
import { useEffect, useReducer, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { lin } from '../../gallery/fixtures'
import { displayName } from '../../model/people'
import { DEFAULT_PREFERENCES } from '../../model/preferences'
import { PreCallCheck } from '../check/PreCallCheck'
import type { acquireWithin } from '../media/local'
import { CallScreen } from '../stage/CallScreen'
import {
  firstView,
  reduce,
  type CallView,
  type EndedView,
  type IncomingView,
  type LiveView,
  type OutgoingView,
} from '../view/view'
import { drawnStream, fakeCall, fakeLocal, type FakeCall } from './fake'

interface StillProps {
  view: CallView
  call: FakeCall
  me?: boolean
  them?: boolean | 'portrait'
  screen?: boolean
}

/** A view that stands still: it takes what the person does, but nothing happens by itself. */
export function Still({ view: first, call: wish, me, them, screen }: StillProps) {
  const { t } = useTranslation('call')
  const [view, dispatch] = useReducer(reduce, first)
  const [{ call, local }] = useState(() => {
    const remote = them
      ? drawnStream('lin', them === 'portrait' ? 540 : 1280, them === 'portrait' ? 960 : 720)
      : undefined
    const made = fakeCall({
      ...wish,
      ...(remote ? { remote } : {}),
      ...(screen ? { remoteScreen: drawnStream('slides', 1600, 900) } : {}),
    })
    return { call: made, local: fakeLocal(made, me ? drawnStream('niulang', 640, 400) : null) }
  })
  const nothing = () => undefined
  return (
    <CallScreen
      call={call}
      name={displayName(call.peer) ?? ''}
      about={call.peer === lin ? `${t('incoming.contact')} · @lin` : t('incoming.stranger')}
      local={local}
      view={view}
      dispatch={dispatch}
      prefs={DEFAULT_PREFERENCES}
      onPrefs={nothing}
      onAnswer={nothing}
      onClose={nothing}
      redial={nothing}
    />
  )
}

export function Checked({ answer }: { answer: ReturnType<typeof acquireWithin> }) {
  const [asked] = useState(answer)
  const [preparation] = useState(() => ({
    wants: { audio: true, video: true },
    purpose: 'call' as const,
    chosen: { camera: null, microphone: null },
    remember: () => undefined,
    signal: new AbortController().signal,
  }))
  return <PreCallCheck preparation={preparation} asked={asked} onDone={() => undefined} />
}

/** A check that failed, and was put right by the time the person came back to the page. */
export function PutRight() {
  useEffect(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(drawnStream('niulang', 640, 400))
    const back = setTimeout(() => dispatchEvent(new Event('focus')), 100)
    return () => clearTimeout(back)
  }, [])
  return <Checked answer={microphoneOnly('in-use')} />
}

export function refused(why: MediaFailure): ReturnType<typeof acquireWithin> {
  return Promise.resolve({ ok: false, audio: why, video: why })
}

export function microphoneOnly(why: MediaFailure): ReturnType<typeof acquireWithin> {
  return Promise.resolve({ ok: true, stream: new MediaStream(), missing: { video: why } })
}

export function shared() {
  return { ...firstView('caller', { kind: 'dialing' }, 0), mine: mine('on', 'on') }
}

export function outgoing(step: OutgoingView['step']): CallView {
  return { ...shared(), mine: mine('on', step === 'ringing' ? 'on' : 'off'), at: 'outgoing', step }
}

export function incoming(step: IncomingView['step']): CallView {
  return { ...shared(), role: 'callee', at: 'incoming', step }
}

export function live(change: Partial<LiveView>): CallView {
  const connected = reduce(shared(), {
    type: 'state',
    state: { kind: 'connected', since: Date.now() - 754_000 },
    now: 0,
  })
  return { ...(connected as LiveView), theirs: theirs({}), ...change }
}

export function ended(reason: EndReason, change: Partial<EndedView>): CallView {
  const { role, corner, tally } = shared()
  return {
    role,
    corner,
    tally,
    mine: mine('on', 'on'),
    at: 'ended',
    reason,
    text: null,
    durationMs: 0,
    wasLive: false,
    ...change,
  }
}

export function mine(microphone: 'on' | 'off' | 'absent', camera: 'on' | 'off') {
  return { microphone, camera, sharing: false }
}

export function theirs(change: Partial<LiveView['theirs']>): LiveView['theirs'] {
  return { audio: true, video: true, screen: false, ...change }
}

export function quality(change: Partial<Quality>): Quality {
  return {
    level: 'good',
    side: 'unknown',
    relayed: false,
    rttMs: 38,
    lossIn: 0.004,
    lossOut: 0,
    fps: 30,
    bitrateIn: 1_640_000,
    bitrateOut: 1_410_000,
    ...change,
  }
}
