import { Check as Tick, CircleAlert, Mic, MicOff, Video } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, classes, Dialog } from '../../ui'
import { useDevices } from '../hooks/useDevices'
import type { acquireWithin } from '../media/local'
import type { Preparation, Prepared } from '../media/prepare'
import { DeviceSelect } from '../stage/DevicesPanel'
import { MediaVideo } from '../stage/MediaVideo'
import { standing, troubles, type Part } from './check'
import { Meter } from './Meter'
import { Trouble } from './Trouble'
import { useCheck, type CheckControl } from './useCheck'
import css from './PreCallCheck.module.css'

interface PreCallCheckProps {
  preparation: Preparation
  asked: ReturnType<typeof acquireWithin>
  onDone: (prepared: Prepared) => void
}

/** Camera and microphone before a call, shown only when something needs the person: what works, what does not, and what to press. */
export function PreCallCheck({ preparation, asked, onDone }: PreCallCheckProps) {
  const { t } = useTranslation('call')
  const control = useCheck(preparation, asked, onDone)
  const state = standing(control.check)
  return (
    <Dialog open onOpenChange={(open) => open || control.giveUp()} title={t('check.title')}>
      <div className={css.check} data-state={state}>
        {(control.check.camera.kind === 'works' || control.check.camera.kind === 'asking') && (
          <Preview control={control} />
        )}
        {state === 'waiting' && <p role="status">{t('check.waiting')}</p>}
        {state === 'ready' && (
          <p className={css.good} role="status">
            <Tick size={20} aria-hidden />
            {t('check.ready')}
          </p>
        )}
        {troubles(control.check).map((trouble) => (
          <Trouble key={`${trouble.device} ${trouble.why}`} {...trouble} />
        ))}
        <Devices control={control} />
        <Buttons control={control} purpose={preparation.purpose} />
      </div>
    </Dialog>
  )
}

function Preview({ control: { check, stream, version } }: { control: CheckControl }) {
  const { t } = useTranslation('call')
  const works = check.camera.kind === 'works'
  return (
    <div className={css.preview}>
      {works ? (
        <MediaVideo key={version} label={t('check.preview')} stream={stream} muted />
      ) : (
        <span className={css.nothing}>
          <Video size={36} aria-hidden />
        </span>
      )}
    </div>
  )
}

/** One row per device: its light, and the choice once it works. */
function Devices({ control }: { control: CheckControl }) {
  const { t } = useTranslation('call')
  const { check, stream, version, choose } = control
  const devices = useDevices(String(version))
  const inUse = (kind: 'audio' | 'video') =>
    stream
      .getTracks()
      .find((track) => track.kind === kind)
      ?.getSettings().deviceId ?? null
  return (
    <div className={css.devices}>
      {check.microphone.kind === 'works' && (
        <>
          <Light part={check.microphone} icon={<Mic size={20} aria-hidden />}>
            <Meter key={version} stream={stream} label={t('check.level')} />
          </Light>
          {devices.microphones.length > 1 && (
            <DeviceSelect
              label={t('devices.microphone')}
              devices={devices.microphones}
              value={inUse('audio')}
              onChoose={(id) => choose('microphone', id)}
            />
          )}
        </>
      )}
      {check.microphone.kind === 'failed' && check.camera.kind === 'works' && (
        <Light part={check.microphone} icon={<MicOff size={20} aria-hidden />}>
          {t('check.noMicrophone')}
        </Light>
      )}
      {check.camera.kind === 'works' && devices.cameras.length > 1 && (
        <DeviceSelect
          label={t('devices.camera')}
          devices={devices.cameras}
          value={inUse('video')}
          onChoose={(id) => choose('camera', id)}
        />
      )}
      {chooseAnother(check.camera) && devices.cameras.length > 1 && (
        <DeviceSelect
          label={t('devices.camera')}
          devices={devices.cameras}
          value={null}
          onChoose={(id) => choose('camera', id)}
        />
      )}
      {chooseAnother(check.microphone) && devices.microphones.length > 1 && (
        <DeviceSelect
          label={t('devices.microphone')}
          devices={devices.microphones}
          value={null}
          onChoose={(id) => choose('microphone', id)}
        />
      )}
    </div>
  )
}

/** Failures another device of the same kind may not have. */
function chooseAnother(part: Part): boolean {
  return part.kind === 'failed' && (part.why === 'constraint' || part.why === 'in-use' || part.why === 'unknown')
}

function Light({ part, icon, children }: { part: Part; icon: ReactNode; children: ReactNode }) {
  const works = part.kind === 'works'
  return (
    <div className={classes(css.light, works && css.works)}>
      {icon}
      <div className={css.lit}>{children}</div>
      {works ? <Tick size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
    </div>
  )
}

function Buttons({ control, purpose }: { control: CheckControl; purpose: Preparation['purpose'] }) {
  const { t } = useTranslation('call')
  const { check, retry, skip, go } = control
  const state = standing(check)
  return (
    <div className={css.buttons}>
      {state === 'ready' && (
        <Button look="primary" wide onClick={go}>
          {t(`check.go.${purpose}`)}
        </Button>
      )}
      {state === 'broken' && troubles(check).some(({ why }) => why !== 'insecure' && why !== 'unsupported') && (
        <Button look="primary" wide onClick={retry}>
          {t('check.retry')}
        </Button>
      )}
      {check.camera.kind === 'failed' && (
        <Button wide onClick={() => skip('camera')}>
          {t('check.withoutCamera')}
        </Button>
      )}
      {check.microphone.kind === 'failed' && (
        <Button wide onClick={() => skip('microphone')}>
          {t('check.withoutMicrophone')}
        </Button>
      )}
    </div>
  )
}
