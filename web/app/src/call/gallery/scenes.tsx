import type { EndReason } from 'magpie-client'
import type { MediaFailure } from 'magpie-client/devices'
import type { Quality } from 'magpie-client/quality'
import { useState, useReducer, type ReactNode } from 'react'
import { DEFAULT_PREFERENCES } from '../../model/preferences'
import { displayName } from '../../model/people'
import { PreCallCheck } from '../check/PreCallCheck'
import { CallScreen } from '../stage/CallScreen'
import type { acquireWithin } from '../media/local'
import {
  firstView,
  reduce,
  type CallView,
  type EndedView,
  type IncomingView,
  type LiveView,
  type OutgoingView,
} from '../view/view'
import { drawnStream, fakeCall, fakeLocal, lin, stranger, type FakeCall } from './fake'

/** Every view of a call in its states, by name. Each is drawn by the very components of the page. */
export const callScenes: Readonly<Record<string, () => ReactNode>> = {
  'outgoing-dialing': () => <Still view={outgoing('dialing')} call={{ media: 'audio' }} />,
  'outgoing-ringing': () => <Still view={outgoing('ringing')} call={{}} me />,
  'outgoing-alerting': () => <Still view={outgoing('alerting')} call={{ media: 'audio' }} />,
  'incoming-video': () => <Still view={incoming('ringing')} call={{ role: 'callee' }} />,
  'incoming-stranger': () => (
    <Still view={incoming('ringing')} call={{ role: 'callee', peer: stranger, media: 'audio' }} />
  ),
  'incoming-reply': () => <Still view={incoming('replying')} call={{ role: 'callee' }} />,
  'incoming-preparing': () => <Still view={incoming('preparing')} call={{ role: 'callee' }} />,
  rejoining: () => <Still view={{ ...shared(), at: 'rejoining' }} call={{}} />,
  'live-connecting': () => <Still view={live({ link: { kind: 'connecting' }, since: null })} call={{}} me />,
  'live-video': () => <Still view={live({})} call={{}} me them />,
  'live-faded': () => <Still view={live({ controls: 'faded' })} call={{}} me them />,
  'live-portrait': () => <Still view={live({})} call={{ remote: undefined }} me them="portrait" />,
  'live-audio': () => (
    <Still view={live({ theirs: theirs({ video: false }), mine: mine('on', 'off') })} call={{ media: 'audio' }} />
  ),
  'live-muted': () => <Still view={live({ mine: mine('off', 'on') })} call={{}} me them />,
  'live-talking-muted': () => (
    <Still view={live({ mine: mine('off', 'on'), speech: { kind: 'noticed', until: Infinity } })} call={{}} me them />
  ),
  'live-weak-theirs': () => (
    <Still view={live({ quality: quality({ level: 'weak', side: 'theirs' }) })} call={{}} me them />
  ),
  'live-weak-mine': () => (
    <Still view={live({ quality: quality({ level: 'weak', side: 'mine' }) })} call={{}} me them />
  ),
  'live-reconnecting': () => (
    <Still view={live({ link: { kind: 'reconnecting', cause: 'media' } })} call={{}} me them />
  ),
  'live-server-lost': () => (
    <Still view={live({ link: { kind: 'reconnecting', cause: 'signalling' } })} call={{}} me them />
  ),
  'live-away': () => <Still view={live({ link: { kind: 'reconnecting', cause: 'peer' } })} call={{}} me them />,
  'live-peer-muted': () => <Still view={live({ theirs: theirs({ audio: false }) })} call={{}} me them />,
  'live-relayed': () => <Still view={live({ quality: quality({ relayed: true }) })} call={{}} me them />,
  'live-camera-off': () => (
    <Still view={live({ theirs: theirs({ video: false }), mine: mine('on', 'on') })} call={{}} me />
  ),
  'live-screen': () => (
    <Still
      view={live({ theirs: theirs({ screen: true }) })}
      call={{ peerMedia: theirs({ screen: true }) }}
      me
      them
      screen
    />
  ),
  'live-sharing': () => <Still view={live({ mine: { ...mine('on', 'on'), sharing: true } })} call={{}} me them />,
  'live-more': () => <Still view={live({ panel: 'more' })} call={{}} me them />,
  'live-devices': () => <Still view={live({ panel: 'devices' })} call={{}} me them />,
  'live-statistics': () => <Still view={live({ panel: 'statistics', quality: quality({}) })} call={{}} me them />,
  'live-listening': () => <Still view={live({ mine: mine('absent', 'off') })} call={{}} them />,
  'ended-hangup': () => (
    <Still
      view={ended('hangup', {
        durationMs: 754_000,
        wasLive: true,
        tally: { good: 40, fair: 2, weak: 0, weakMine: 0, weakTheirs: 0 },
      })}
      call={{}}
    />
  ),
  'ended-weak': () => (
    <Still
      view={ended('hangup', {
        durationMs: 3_754_000,
        wasLive: true,
        tally: { good: 4, fair: 2, weak: 9, weakMine: 1, weakTheirs: 8 },
      })}
      call={{}}
    />
  ),
  'ended-declined': () => <Still view={ended('declined', { text: 'On my way. See you soon.' })} call={{}} />,
  'ended-busy': () => <Still view={ended('busy', {})} call={{}} />,
  'ended-no-answer': () => <Still view={ended('no-answer', {})} call={{ media: 'audio' }} />,
  'ended-missed': () => <Still view={ended('cancelled', { role: 'callee' })} call={{ role: 'callee' }} />,
  'ended-lost': () => <Still view={ended('lost', { wasLive: true, durationMs: 65_000 })} call={{}} />,
  'ended-unreachable': () => <Still view={ended('unreachable', {})} call={{}} />,
  'ended-unknown': () => <Still view={ended('unknown-person', {})} call={{ peer: stranger }} />,
  'check-waiting': () => <Checked answer={new Promise(() => undefined)} />,
  'check-camera-only': () => <Checked answer={microphoneOnly('not-found')} />,
  'check-listen-only': () => <Checked answer={Promise.resolve({ ok: false, audio: 'not-found', video: 'in-use' })} />,
  ...Object.fromEntries(
    FAILURES().map((why) => [
      `check-${why}`,
      () => <Checked answer={Promise.resolve({ ok: false, audio: why, video: why })} />,
    ]),
  ),
}

function FAILURES(): MediaFailure[] {
  return [
    'denied',
    'denied-by-system',
    'dismissed',
    'in-use',
    'not-found',
    'constraint',
    'insecure',
    'unsupported',
    'unknown',
  ]
}

interface StillProps {
  view: CallView
  call: FakeCall
  me?: boolean
  them?: boolean | 'portrait'
  screen?: boolean
}

/** A view that stands still: it takes what the person does, but nothing happens by itself. */
function Still({ view: first, call: wish, me, them, screen }: StillProps) {
  const [view, dispatch] = useReducer(reduce, first)
  const [{ call, local }] = useState(() => {
    const remote = them
      ? drawnStream('person', them === 'portrait' ? 540 : 1280, them === 'portrait' ? 960 : 720)
      : undefined
    const made = fakeCall({
      ...wish,
      ...(remote ? { remote } : {}),
      ...(screen ? { remoteScreen: drawnStream('slides', 1600, 900) } : {}),
    })
    return { call: made, local: fakeLocal(made, me ? drawnStream('me', 640, 400) : null) }
  })
  const nothing = () => undefined
  return (
    <CallScreen
      call={call}
      name={displayName(call.peer) ?? ''}
      about={call.peer === lin ? '@lin' : ''}
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

function Checked({ answer }: { answer: ReturnType<typeof acquireWithin> }) {
  const [asked] = useState(answer)
  const [preparation] = useState(() => ({
    media: 'video' as const,
    purpose: 'call' as const,
    chosen: { camera: null, microphone: null },
    signal: new AbortController().signal,
  }))
  return <PreCallCheck preparation={preparation} asked={asked} onDone={() => undefined} />
}

function microphoneOnly(why: MediaFailure): ReturnType<typeof acquireWithin> {
  return Promise.resolve({ ok: true, stream: new MediaStream(), missing: { video: why } })
}

function shared() {
  return { ...firstView('caller', { kind: 'dialing' }, 0), mine: mine('on', 'on') }
}

function outgoing(step: OutgoingView['step']): CallView {
  return { ...shared(), mine: mine('on', step === 'ringing' ? 'on' : 'off'), at: 'outgoing', step }
}

function incoming(step: IncomingView['step']): CallView {
  return { ...shared(), role: 'callee', at: 'incoming', step }
}

function live(change: Partial<LiveView>): CallView {
  const connected = reduce(shared(), {
    type: 'state',
    state: { kind: 'connected', since: Date.now() - 754_000 },
    now: 0,
  })
  return { ...(connected as LiveView), theirs: theirs({}), ...change }
}

function ended(reason: EndReason, change: Partial<EndedView>): CallView {
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

function mine(microphone: 'on' | 'off' | 'absent', camera: 'on' | 'off') {
  return { microphone, camera, sharing: false }
}

function theirs(change: Partial<LiveView['theirs']>): LiveView['theirs'] {
  return { audio: true, video: true, screen: false, ...change }
}

function quality(change: Partial<Quality>): Quality {
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
