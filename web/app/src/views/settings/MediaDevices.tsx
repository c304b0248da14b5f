import { CircleAlert } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { DeviceInfo, DeviceList, MediaFailures } from 'magpie-client/devices'
import type { Preferences } from '../../model/preferences'
import { Button, Select } from '../../ui'
import { useActions } from '../Page'
import { Section } from './Section'
import column from '../Column.module.css'
import css from './Settings.module.css'

/** What is known of the devices, and the trial of them that may be running. */
export interface MediaTrial {
  devices: DeviceList
  /** False where the browser leaves the speaker to the system. */
  speakerChoice: boolean
  state:
    { kind: 'idle' } | { kind: 'starting' } | { kind: 'running'; stream: MediaStream | null; failures: MediaFailures }
  /** 0 (silence) to 1. */
  level: number
  onStart: () => void
  onStop: () => void
}

/** Which camera, microphone and speaker, with a trial that shows and hears them. */
export function MediaDevices({ preferences, trial }: { preferences: Preferences; trial: MediaTrial }) {
  const { t } = useTranslation('settings')
  const { setPreferences } = useActions()
  const { devices, state } = trial
  return (
    <Section title={t('media.title')}>
      <Picker
        label={t('media.camera')}
        unnamed={(n) => t('media.unnamedCamera', { n })}
        devices={devices.cameras}
        chosen={preferences.camera}
        onChoose={(camera) => setPreferences({ camera })}
      />
      <Picker
        label={t('media.microphone')}
        unnamed={(n) => t('media.unnamedMicrophone', { n })}
        devices={devices.microphones}
        chosen={preferences.microphone}
        onChoose={(microphone) => setPreferences({ microphone })}
      />
      <Picker
        label={t('media.speaker')}
        unnamed={(n) => t('media.unnamedSpeaker', { n })}
        devices={devices.speakers}
        chosen={preferences.speaker}
        onChoose={(speaker) => setPreferences({ speaker })}
        fixed={trial.speakerChoice ? null : t('media.speakerFixed')}
      />
      {state.kind === 'running' && <Running stream={state.stream} failures={state.failures} level={trial.level} />}
      {state.kind === 'starting' && <p role="status">{t('media.starting')}</p>}
      <div className={css.buttons}>
        {state.kind === 'idle' && <Button onClick={trial.onStart}>{t('media.test')}</Button>}
        {state.kind === 'running' && (state.failures.audio ?? state.failures.video) && (
          <Button look="primary" onClick={trial.onStart}>
            {t('media.again')}
          </Button>
        )}
        {state.kind !== 'idle' && <Button onClick={trial.onStop}>{t('media.stop')}</Button>}
      </div>
    </Section>
  )
}

interface PickerProps {
  label: string
  unnamed: (n: number) => string
  devices: readonly DeviceInfo[]
  chosen: string | null
  onChoose: (id: string | null) => void
  /** The sentence said where there is nothing to choose. */
  fixed?: string | null
}

function Picker({ label, unnamed, devices, chosen, onChoose, fixed }: PickerProps) {
  const { t } = useTranslation('settings')
  const options = [
    { value: '', label: t('media.standard') },
    ...devices.map(({ id, label: name }, index) => ({ value: id, label: name || unnamed(index + 1) })),
  ]
  // the choice stays when its device is unplugged, and works again when it is back
  if (chosen !== null && !devices.some(({ id }) => id === chosen))
    options.push({ value: chosen, label: t('media.goneUnnamed') })
  return (
    <Select
      label={label}
      value={chosen ?? ''}
      options={options}
      onChange={(value) => onChoose(value === '' ? null : value)}
      disabled={!!fixed}
      hint={fixed}
    />
  )
}

function Running({ stream, failures, level }: { stream: MediaStream | null; failures: MediaFailures; level: number }) {
  const { t } = useTranslation('settings')
  return (
    <>
      {stream && stream.getVideoTracks().length > 0 && <Preview stream={stream} />}
      {failures.video && <Failure words={`${t('media.camera')}: ${t(`media.failure.${failures.video}`)}`} />}
      {stream && stream.getAudioTracks().length > 0 && (
        <div className={css.form}>
          <progress className={css.meter} value={level} max={1} aria-label={t('media.level')} />
          <p className={column.note}>{t('media.levelHint')}</p>
        </div>
      )}
      {failures.audio && <Failure words={`${t('media.microphone')}: ${t(`media.failure.${failures.audio}`)}`} />}
    </>
  )
}

function Preview({ stream }: { stream: MediaStream }) {
  const { t } = useTranslation('settings')
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
  }, [stream])
  return <video ref={video} className={css.preview} autoPlay muted playsInline aria-label={t('media.preview')} />
}

function Failure({ words }: { words: string }) {
  return (
    <p className={css.failure} role="alert">
      <CircleAlert size={18} aria-hidden />
      {words}
    </p>
  )
}
