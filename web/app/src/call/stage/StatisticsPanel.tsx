import { Copy } from 'lucide-react'
import type { Call } from 'magpie-client'
import type { Quality } from 'magpie-client/quality'
import { useTranslation } from 'react-i18next'
import { Button, toast } from '../../ui'
import { callReport } from '../view/report'
import type { LiveView } from '../view/view'
import css from './Panel.module.css'

/** How the connection is: one sentence, then figures for those who want them, then everything to copy. */
export function StatisticsPanel({ call, view }: { call: Call; view: LiveView }) {
  const { t } = useTranslation('call')
  const { quality } = view
  const copy = () =>
    navigator.clipboard.writeText(callReport(call, view)).then(
      () => toast(t('statistics.copied')),
      () => toast(t('statistics.notCopied')),
    )
  if (!quality) return <p>{t('statistics.measuring')}</p>
  return (
    <>
      <p className={css.verdict}>{t(`statistics.level.${quality.level}`)}</p>
      <p>{t(quality.relayed ? 'statistics.relayed' : 'statistics.direct')}</p>
      <details className={css.details}>
        <summary>{t('statistics.figures')}</summary>
        <Figures quality={quality} />
      </details>
      <Button icon={<Copy size={18} aria-hidden />} onClick={() => void copy()} wide>
        {t('statistics.copy')}
      </Button>
    </>
  )
}

function Figures({ quality }: { quality: Quality }) {
  const { t, i18n } = useTranslation('call')
  const number = (value: number, digits = 0) => value.toLocaleString(i18n.language, { maximumFractionDigits: digits })
  const share = (value: number) => value.toLocaleString(i18n.language, { style: 'percent', maximumFractionDigits: 1 })
  const rate = (bits: number) => t('statistics.kilobits', { rate: number(bits / 1000) })
  const rows: [string, string][] = [
    [
      t('statistics.delay'),
      quality.rttMs === null ? '–' : t('statistics.milliseconds', { time: number(quality.rttMs) }),
    ],
    [t('statistics.lossIn'), share(quality.lossIn)],
    [t('statistics.lossOut'), share(quality.lossOut)],
    [t('statistics.rateIn'), rate(quality.bitrateIn)],
    [t('statistics.rateOut'), rate(quality.bitrateOut)],
    [t('statistics.frames'), quality.fps === null ? '–' : t('statistics.perSecond', { frames: number(quality.fps) })],
  ]
  return (
    <dl className={css.figures}>
      {rows.map(([name, value]) => (
        <Row key={name} name={name} value={value} />
      ))}
    </dl>
  )
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
