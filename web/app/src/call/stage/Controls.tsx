import { Mic, MicOff, PhoneOff, ScreenShare, ScreenShareOff, SwitchCamera, Video, VideoOff } from 'lucide-react'
import type { Call } from 'magpie-client'
import { canShareScreen } from 'magpie-client/screen'
import type { Dispatch, KeyboardEvent, RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangePreferences, Preferences } from '../../model/preferences'
import { classes } from '../../ui'
import { useHold } from '../hooks/useActivity'
import type { LocalMedia } from '../media/local'
import type { CallEvent, LiveView } from '../view/view'
import type { CallActions } from './InCall'
import { More } from './More'
import { RoundButton } from './RoundButton'
import css from './Controls.module.css'
import frame from './InCall.module.css'

interface ControlsProps {
  call: Call
  local: LocalMedia
  view: LiveView
  dispatch: Dispatch<CallEvent>
  actions: CallActions
  remote: RefObject<HTMLVideoElement | null>
  prefs: Preferences
  onPrefs: ChangePreferences
}

/** The one bar. Every button is in the Tab order; the arrow keys move along it too. */
export function Controls({ call, local, view, dispatch, actions, remote, prefs, onPrefs }: ControlsProps) {
  const { t } = useTranslation('call')
  const hold = useHold(dispatch)
  const { microphone, camera, sharing } = view.mine
  const canShare = canShareScreen()
  return (
    <div className={frame.foot}>
      {view.speech.kind === 'noticed' && <TalkingMuted onUnmute={actions.microphone} />}
      <div
        role="toolbar"
        tabIndex={-1}
        aria-label={t('live.controls')}
        className={classes(css.bar, frame.fading)}
        onKeyDown={alongBar}
        {...hold}
      >
        <RoundButton
          label={t(microphone === 'on' ? 'live.mute' : 'live.unmute')}
          shortcut="M"
          look={microphone === 'on' ? 'plain' : 'lit'}
          onClick={actions.microphone}
        >
          {microphone === 'on' ? <Mic size={24} aria-hidden /> : <MicOff size={24} aria-hidden />}
        </RoundButton>
        <RoundButton
          label={t(camera === 'on' ? 'live.cameraOff' : 'live.cameraOn')}
          shortcut="V"
          look={camera === 'on' ? 'plain' : 'lit'}
          onClick={actions.camera}
        >
          {camera === 'on' ? <Video size={24} aria-hidden /> : <VideoOff size={24} aria-hidden />}
        </RoundButton>
        {canShare && (
          <RoundButton
            label={t(sharing ? 'live.stopSharing' : 'live.share')}
            shortcut="S"
            look={sharing ? 'lit' : 'plain'}
            onClick={actions.share}
          >
            {sharing ? <ScreenShareOff size={24} aria-hidden /> : <ScreenShare size={24} aria-hidden />}
          </RoundButton>
        )}
        {!canShare && camera === 'on' && (
          <RoundButton label={t('live.switchCamera')} onClick={() => local.flip()}>
            <SwitchCamera size={24} aria-hidden />
          </RoundButton>
        )}
        <More
          call={call}
          local={local}
          view={view}
          dispatch={dispatch}
          remote={remote}
          prefs={prefs}
          onPrefs={onPrefs}
        />
        <RoundButton className={css.apart} label={t('live.hangUp')} shortcut="H" look="danger" onClick={actions.hangUp}>
          <PhoneOff size={24} aria-hidden />
        </RoundButton>
      </div>
    </div>
  )
}

function TalkingMuted({ onUnmute }: { onUnmute: () => void }) {
  const { t } = useTranslation('call')
  return (
    <div className={frame.bubble}>
      <span>{t('live.talkingMuted')}</span>
      <button type="button" onClick={onUnmute}>
        {t('live.unmuteNow')}
      </button>
    </div>
  )
}

function alongBar(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
  if (at < 0) return
  event.preventDefault()
  buttons[(at + step + buttons.length) % buttons.length]?.focus()
}
