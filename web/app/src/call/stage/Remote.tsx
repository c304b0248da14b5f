import { meter } from 'magpie-client/devices'
import type { Call } from 'magpie-client'
import { useEffect, useRef, useState, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar, classes } from '../../ui'
import { useFit } from '../hooks/useFit'
import type { LiveView } from '../view/view'
import { MediaVideo } from './MediaVideo'
import { Person } from './Person'
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
  const arrived = view.since !== null
  const fit = useFit(videoRef)
  return (
    <>
      {showsScreen && (
        <MediaVideo
          label={t('live.theirScreen')}
          className={classes(css.picture, css.shown)}
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
        data-side={view.corner.endsWith('left') ? 'right' : 'left'}
        stream={call.remote}
        speaker={speaker}
        onBlocked={onBlocked}
      />
      {!(arrived && (view.theirs.video || showsScreen)) && (
        <div className={css.middle}>
          {arrived ? <Voice call={call} name={name} /> : <Approach call={call} name={name} />}
        </div>
      )}
    </>
  )
}

/** Answered, and the bridge is nearly there. */
function Approach({ call, name }: { call: Call; name: string }) {
  const { t } = useTranslation('call')
  return (
    <Person card={call.peer} name={name} reach={3}>
      {t('live.connecting')}
    </Person>
  )
}

function Voice({ call, name }: { call: Call; name: string }) {
  const ring = useRef<HTMLDivElement>(null)
  useLevel(call, ring)
  return (
    <div className={css.quiet}>
      <div ref={ring} className={css.ring}>
        <Avatar name={name} seed={call.peer.id} size="huge" />
      </div>
      <h1 className={css.name}>{name}</h1>
    </div>
  )
}

/** Writes the loudness of their voice where the style sheet reads it; no drawing of React's is needed for it. */
function useLevel(call: Call, ring: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    if (call.remote.getAudioTracks().length === 0) return
    return meter(call.remote, (level) => ring.current?.style.setProperty('--level', level.toFixed(2)))
  }, [call, ring])
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
