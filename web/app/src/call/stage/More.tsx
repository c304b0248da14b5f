import { Activity, ArrowLeft, Ellipsis, PictureInPicture2, SlidersHorizontal } from 'lucide-react'
import type { Call } from 'magpie-client'
import { Popover } from 'radix-ui'
import type { Dispatch, ReactNode, RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangePreferences, Preferences } from '../../model/preferences'
import { IconButton, toast } from '../../ui'
import type { LocalMedia } from '../media/local'
import { canFloat, toggleFloat } from '../media/float'
import type { CallEvent, LiveView, Panel } from '../view/view'
import { DevicesPanel } from './DevicesPanel'
import { RoundButton } from './RoundButton'
import { StatisticsPanel } from './StatisticsPanel'
import css from './Panel.module.css'

interface MoreProps {
  call: Call
  local: LocalMedia
  view: LiveView
  dispatch: Dispatch<CallEvent>
  remote: RefObject<HTMLVideoElement | null>
  prefs: Preferences
  onPrefs: ChangePreferences
}

/** The button and the panel for all that is not needed in every call. */
export function More(props: MoreProps) {
  const { t } = useTranslation('call')
  const { view, dispatch } = props
  const show = (panel: Panel) => dispatch({ type: 'panel', panel, now: Date.now() })
  return (
    <Popover.Root open={view.panel !== 'closed'} onOpenChange={(open) => show(open ? 'more' : 'closed')}>
      <Popover.Trigger asChild>
        <RoundButton label={t('live.more')}>
          <Ellipsis size={24} aria-hidden />
        </RoundButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={css.panel}
          side="top"
          sideOffset={16}
          collisionPadding={8}
          aria-label={t('live.more')}
        >
          <PanelContent {...props} show={show} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function PanelContent({
  call,
  local,
  view,
  remote,
  prefs,
  onPrefs,
  show,
}: MoreProps & { show: (panel: Panel) => void }) {
  const { t } = useTranslation('call')
  switch (view.panel) {
    case 'devices':
      return (
        <SubPanel title={t('devices.title')} onBack={() => show('more')}>
          <DevicesPanel local={local} prefs={prefs} onPrefs={onPrefs} />
        </SubPanel>
      )
    case 'statistics':
      return (
        <SubPanel title={t('statistics.title')} onBack={() => show('more')}>
          <StatisticsPanel call={call} view={view} />
        </SubPanel>
      )
    default:
      return <MoreList view={view} remote={remote} show={show} />
  }
}

function MoreList({ view, remote, show }: Pick<MoreProps, 'view' | 'remote'> & { show: (panel: Panel) => void }) {
  const { t } = useTranslation('call')
  const float = () => {
    show('closed')
    if (remote.current) void toggleFloat(remote.current).then((worked) => worked || toast(t('notice.noFloat')))
  }
  return (
    <>
      <Item icon={<SlidersHorizontal size={20} aria-hidden />} onClick={() => show('devices')}>
        {t('devices.title')}
      </Item>
      {canFloat() && (
        <Item icon={<PictureInPicture2 size={20} aria-hidden />} onClick={float} disabled={!view.theirs.video}>
          {t('live.float')}
        </Item>
      )}
      <Item icon={<Activity size={20} aria-hidden />} onClick={() => show('statistics')}>
        {t('statistics.title')}
      </Item>
    </>
  )
}

function Item({
  icon,
  children,
  onClick,
  disabled,
}: {
  icon: ReactNode
  children: ReactNode
  onClick: () => void
  disabled?: boolean
}) {
  return (
    <button type="button" className={css.item} onClick={onClick} disabled={disabled}>
      {icon}
      <span>{children}</span>
    </button>
  )
}

function SubPanel({ title, onBack, children }: { title: string; onBack: () => void; children: ReactNode }) {
  const { t } = useTranslation('call')
  return (
    <>
      <header className={css.head}>
        <IconButton label={t('live.back')} onClick={onBack}>
          <ArrowLeft size={20} aria-hidden />
        </IconButton>
        <h2>{title}</h2>
      </header>
      <div className={css.body}>{children}</div>
    </>
  )
}
