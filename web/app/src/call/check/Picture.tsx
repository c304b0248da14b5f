import type { MediaFailure } from 'magpie-client/devices'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Browser } from './browser'
import { Camera, Card, Desktop, Here, Line, Lock, Microphone, PageMenu, Phone, Sliders, Toggle } from './glyphs'
import css from './Picture.module.css'

/** A picture of what to press in this browser, or of what is wrong. The words beside it say the same. */
export function Picture({ why, browser }: { why: MediaFailure; browser: Browser }) {
  const { t } = useTranslation('call')
  return (
    <svg className={css.picture} viewBox="0 0 360 178" role="img" aria-label={t('check.picture')}>
      {drawing(why, browser)}
    </svg>
  )
}

function drawing(why: MediaFailure, browser: Browser): ReactNode {
  switch (why) {
    case 'denied':
      return CONTROLS[browser]
    case 'dismissed':
      return <Question phone={browser === 'ios' || browser.startsWith('android')} />
    case 'denied-by-system':
      return <SystemSettings />
    case 'in-use':
      return <Taken />
    case 'not-found':
      return <Missing />
    case 'constraint':
      return <Another />
    case 'insecure':
      return <OpenLock />
    case 'unsupported':
    case 'unknown':
      return <Puzzle />
  }
}

const permissionRows = (width: number) => (
  <>
    <Camera x={24} y={26} />
    <Line x={46} y={26} length={width - 110} />
    <Toggle x={width - 28} y={26} />
    <Microphone x={24} y={58} />
    <Line x={46} y={58} length={width - 124} />
    <Toggle x={width - 28} y={58} />
  </>
)

const CONTROLS: Readonly<Record<Browser, ReactNode>> = {
  chromium: (
    <Desktop>
      <Sliders x={84} y={34} />
      <Card x={68} y={62} width={190} height={84}>
        {permissionRows(190)}
      </Card>
      <Here x={84} y={34} />
    </Desktop>
  ),
  firefox: (
    <Desktop addressFrom={116}>
      <Lock x={84} y={33} />
      <Camera x={108} y={34} struck />
      <Card x={72} y={62} width={196} height={84}>
        <Camera x={24} y={28} />
        <Line x={46} y={28} length={70} />
        <path className={css.bad} d="M156 22 l12 12 m0 -12 l-12 12" />
        <Microphone x={24} y={58} />
        <Line x={46} y={58} length={56} />
        <path className={css.bad} d="M156 52 l12 12 m0 -12 l-12 12" />
      </Card>
      <Here x={108} y={34} r={17} />
      <Here x={234} y={90} r={14} />
    </Desktop>
  ),
  safari: (
    <>
      <rect className={css.field} width="360" height="24" />
      <circle className={css.solid} cx="22" cy="12" r="5" />
      <rect className={css.solid} x="38" y="9" width="44" height="6" rx="3" />
      <Line x={100} y={12} length={30} />
      <Line x={146} y={12} length={30} />
      <Card x={34} y={30} width={176} height={132}>
        <Line x={18} y={24} length={90} />
        <Line x={18} y={50} length={110} />
        <rect className={css.accent} x="8" y="66" width="160" height="26" rx="6" />
        <path className={css.tip} d="M20 79 H112" />
        <Line x={18} y={112} length={76} />
      </Card>
      <Card x={226} y={52} width={116} height={88}>
        <Camera x={22} y={28} />
        <Toggle x={88} y={28} />
        <Microphone x={22} y={62} />
        <Toggle x={88} y={62} />
      </Card>
      <Here x={60} y={12} r={20} />
    </>
  ),
  'android-chromium': (
    <Phone>
      <Sliders x={131} y={38} />
      <Card x={112} y={64} width={136} height={84}>
        {permissionRows(136)}
      </Card>
      <Here x={131} y={38} />
    </Phone>
  ),
  'android-firefox': (
    <Phone>
      <Lock x={131} y={37} />
      <Card x={112} y={64} width={136} height={84}>
        {permissionRows(136)}
      </Card>
      <Here x={131} y={38} />
    </Phone>
  ),
  ios: (
    <Phone bottom>
      <PageMenu x={131} y={132} />
      <Card x={112} y={24} width={136} height={84}>
        {permissionRows(136)}
      </Card>
      <Here x={131} y={132} />
    </Phone>
  ),
}

/** The browser's own question, with the answer that helps. */
function Question({ phone }: { phone: boolean }) {
  const card = (
    <Card x={phone ? 84 : 68} y={58} width={192} height={98}>
      <Camera x={26} y={28} />
      <Microphone x={52} y={28} />
      <Line x={72} y={28} length={96} />
      <rect className={css.field} x="16" y="58" width="72" height="26" rx="13" />
      <Line x={34} y={71} length={36} />
      <rect className={css.accent} x="104" y="58" width="72" height="26" rx="13" />
      <path className={css.tip} d="M133 71 l5 5 l9 -10" />
      <Here x={140} y={71} r={24} />
    </Card>
  )
  return phone ? <Phone>{card}</Phone> : <Desktop>{card}</Desktop>
}

/** A list of the system's settings: one switch per program. */
function SystemSettings() {
  return (
    <>
      <rect className={css.window} x="60" y="14" width="240" height="150" rx="12" />
      <Camera x={90} y={40} />
      <Line x={112} y={40} length={90} />
      {[78, 110, 142].map((y, index) => (
        <g key={y}>
          <rect className={css.field} x="80" y={y - 10} width="20" height="20" rx="6" />
          <Line x={112} y={y} length={80 - index * 14} />
          <Toggle x={266} y={y} on={index === 1} />
        </g>
      ))}
      <Here x={266} y={110} r={22} />
    </>
  )
}

/** Another program holds the device. */
function Taken() {
  return (
    <>
      <rect className={css.window} x="40" y="30" width="130" height="100" rx="12" />
      <rect className={css.window} x="190" y="48" width="130" height="100" rx="12" />
      <circle className={css.faint} cx="56" cy="46" r="4" />
      <circle className={css.faint} cx="206" cy="64" r="4" />
      <Camera x={105} y={86} />
      <path className={`${css.soft} ${css.dashed}`} d="M240 92 h20 m6 -8 v24 m-26 -16 v16 h20" />
      <path className={css.bad} d="M96 40 l12 12 m0 -12 l-12 12" />
      <Here x={102} y={46} r={15} />
    </>
  )
}

/** Nothing is plugged in. */
function Missing() {
  return (
    <>
      <rect className={`${css.soft} ${css.dashed}`} x="96" y="48" width="92" height="72" rx="14" />
      <circle className={`${css.soft} ${css.dashed}`} cx="142" cy="84" r="20" />
      <path className={css.ink} d="M318 84 H256 m0 -16 h-12 a16 16 0 0 0 0 32 h12 z m-22 6 h-12 m12 20 h-12" />
      <Here x={214} y={84} r={18} />
    </>
  )
}

/** Choose another one. */
function Another() {
  return (
    <>
      <rect className={css.window} x="80" y="20" width="200" height="138" rx="12" />
      {[48, 88, 128].map((y, index) => (
        <g key={y}>
          {index === 1 && <rect className={css.field} x="88" y={y - 18} width="184" height="36" rx="8" />}
          <Camera x={112} y={y} struck={index === 0} />
          <Line x={136} y={y} length={96 - index * 12} />
        </g>
      ))}
      <Here x={112} y={88} r={20} />
    </>
  )
}

/** The address came without encryption. */
function OpenLock() {
  return (
    <>
      <rect className={css.window} x="40" y="30" width="280" height="44" rx="22" />
      <Lock x={66} y={52} open />
      <path className={css.bad} d="M90 52 H138" />
      <Line x={150} y={52} length={120} />
      <path className={css.soft} d="M180 84 v16 m-6 -6 l6 6 l6 -6" />
      <rect className={css.window} x="40" y="110" width="280" height="44" rx="22" />
      <Lock x={66} y={132} />
      <rect className={css.on} x="88" y="129" width="54" height="6" rx="3" />
      <Line x={150} y={132} length={120} />
      <Here x={66} y={132} />
    </>
  )
}

function Puzzle() {
  return (
    <>
      <rect className={css.window} x="90" y="24" width="180" height="130" rx="12" />
      <circle className={css.faint} cx="108" cy="42" r="5" />
      <circle className={css.faint} cx="124" cy="42" r="5" />
      <path className={css.ink} d="M166 82 a14 14 0 1 1 20 13 q-6 3 -6 11" />
      <circle className={css.solid} cx="180" cy="120" r="3" />
    </>
  )
}
