import { meter } from 'magpie-client/devices'
import type { Call } from 'magpie-client'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar, classes } from '../../ui'
import { useFit } from '../hooks/useFit'
import type { LiveView } from '../view/view'
import { MediaVideo } from './MediaVideo'
import { Person } from './Person'
import { Timer } from './Timer'
import css from './Remote.module.css'

interface RemoteProps {
  call: Call
  name: string
  view: LiveView
  speaker: string | null
  videoRef: RefObject<HTMLVideoElement | null>
  onBlocked: (play: () => void) => void
}

/** What comes from the other side: picture, screen, or a face with its voice around it. */
export function Remote({ call, name, view, speaker, videoRef, onBlocked }: RemoteProps) {
  const { t } = useTranslation('call')
  const screen = useScreen(call)
  const showsScreen = view.theirs.screen && screen !== null
  const approach = useApproach(view.since !== null)
  const arrived = approach !== 'on the way'
  const [fit, turnFit] = useFit(videoRef)
  const [row, side] = view.corner.split('-')
  return (
    <>
      {showsScreen && (
        <MediaVideo
          label={t('live.theirScreen')}
          className={classes(css.picture, css.shown, css.screen)}
          data-side={side}
          data-fit="contain"
          stream={screen}
          speaker={speaker}
        />
      )}
      {/* always there: it carries the sound, also when no picture comes */}
      <MediaVideo
        ref={videoRef}
        label={t('live.remoteVideo')}
        className={classes(css.picture, view.theirs.video && arrived && css.shown, showsScreen && css.tile)}
        data-fit={showsScreen ? 'cover' : fit}
        data-row={row}
        data-side={side}
        stream={call.remote}
        speaker={speaker}
        onBlocked={onBlocked}
        onDoubleClick={turnFit}
      />
      {approach !== 'there' && <Approach call={call} name={name} arrived={arrived} />}
      {approach === 'there' && !view.theirs.video && !showsScreen && (
        <Voice call={call} name={name} since={view.since} />
      )}
    </>
  )
}

/** Answered, and the bridge is nearly there; it completes when media flows, and then makes room. */
function Approach({ call, name, arrived }: { call: Call; name: string; arrived: boolean }) {
  const { t } = useTranslation('call')
  return (
    <div className={classes(css.middle, arrived && css.leaving)}>
      <Person card={call.peer} name={name} reach={arrived ? 4 : 3}>
        {arrived ? '' : t('live.connecting')}
      </Person>
    </div>
  )
}

function Voice({ call, name, since }: { call: Call; name: string; since: number | null }) {
  const ring = useRef<HTMLDivElement>(null)
  useLevel(call, ring)
  return (
    <div className={css.middle}>
      <div className={css.quiet}>
        <div ref={ring} className={css.ring}>
          <Avatar name={name} seed={call.peer.id} size="huge" />
        </div>
        <h1 className={css.name}>{name}</h1>
        {since !== null && <Timer since={since} className={css.timer} />}
      </div>
    </div>
  )
}

type ApproachStep = 'on the way' | 'arriving' | 'there'

/** Gives the bridge a moment to complete. A view that begins in the middle of a conversation has no such moment. */
function useApproach(flows: boolean): ApproachStep {
  const [there, setThere] = useState(flows)
  useEffect(() => {
    if (!flows || there) return
    const timer = setTimeout(() => setThere(true), ARRIVING_MS)
    return () => clearTimeout(timer)
  }, [flows, there])
  if (there) return 'there'
  return flows ? 'arriving' : 'on the way'
}

/** Writes the loudness of their voice where the style sheet reads it; no drawing of React's is needed for it. */
function useLevel(call: Call, ring: RefObject<HTMLDivElement | null>): void {
  const [tracks, setTracks] = useState(call.remote.getAudioTracks().length)
  useEffect(() => call.on('remote', (remote) => setTracks(remote.getAudioTracks().length)), [call])
  useEffect(() => {
    if (tracks === 0) return
    return meter(call.remote, (level) => ring.current?.style.setProperty('--level', level.toFixed(2)))
  }, [call, ring, tracks])
}

function useScreen(call: Call): MediaStream | null {
  const [screen, setScreen] = useState(call.remoteScreen)
  useEffect(() => {
    const read = () => setScreen(call.remoteScreen)
    read()
    const leave = [call.on('screen', read), call.on('peer-media', read)]
    return () => leave.forEach((each) => each())
  }, [call])
  return screen
}

/** As long as the arc takes to close and the face to fade. */
const ARRIVING_MS = 700
