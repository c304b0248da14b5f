import { Play, Square } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, Switch } from '../../ui'
import column from '../Column.module.css'
import css from './Clients.module.css'
import { PaneView } from './PaneView'
import type { Protocol } from './snippets'
import type { DemoState } from './state'
import type { DemoControls } from './useDemo'

/** Two clients of one protocol side by side, calling each other through this server. */
export function DemoView({
  protocol,
  state,
  controls,
}: {
  protocol: Protocol
  state: DemoState
  controls: DemoControls
}) {
  const { t } = useTranslation('clients')
  const { t: common } = useTranslation('common')
  const [camera, setCamera] = useState(false)
  const busy = state.kind === 'starting'
  return (
    <section className={css.demo} aria-labelledby={`demo-${protocol}`}>
      <h2 id={`demo-${protocol}`} className={column.heading}>
        {t('demo.title')}
      </h2>
      <p className={column.text}>{t('demo.text')}</p>
      {state.kind === 'running' && (
        <>
          <div className={css.panes}>
            {state.panes.map((pane) => (
              <PaneView key={pane.name} pane={pane} onFrames={(count) => controls.frames(pane.name, count)} />
            ))}
          </div>
          {state.refused && <p role="status">{t('demo.refused')}</p>}
        </>
      )}
      {state.kind === 'failed' && (
        <div role="alert" className={css.failure}>
          <p>{t(`demo.${state.why}`)}</p>
          {state.detail && <p className={column.note}>{state.detail}</p>}
        </div>
      )}
      {state.kind === 'running' ? (
        <Button icon={<Square size={20} aria-hidden />} onClick={controls.stop}>
          {t('demo.stop')}
        </Button>
      ) : (
        <>
          <Switch label={t('demo.camera')} checked={camera} onChange={setCamera} />
          <Button
            look="primary"
            icon={<Play size={20} aria-hidden />}
            busy={busy}
            onClick={() => controls.start(protocol, camera)}
          >
            {busy ? common('loading') : state.kind === 'failed' ? common('retry') : t('demo.start')}
          </Button>
        </>
      )}
    </section>
  )
}
