import { Phone, UserPlus, Video } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Card, SessionState } from 'magpie-client'
import { parseAddress } from '../../model/address'
import { callLink, displayName, known, secondName } from '../../model/people'
import { Arc, Avatar, Button } from '../../ui'
import { codeOf, sentence } from '../errors'
import { Explain } from '../frame/Explain'
import { copyText } from '../handOut'
import { To, useActions, useName } from '../Page'
import css from './Landing.module.css'
import { usePeopleActions } from './usePeopleActions'

/** How far the look-up of the person behind a link got. */
export type Found =
  { kind: 'looking' } | { kind: 'invite' } | { kind: 'person'; card: Card } | { kind: 'failed'; error: unknown }

export interface LandingViewProps {
  who: string
  session: SessionState
  origin: string
  found: Found
  onRetry: () => void
}

/** The page behind `/call/ID`: who it is, and two buttons. */
export function LandingView({ who, session, origin, found, onRetry }: LandingViewProps) {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const mine = known(session)
  switch (found.kind) {
    case 'looking':
      return (
        <div className={css.landing} role="status">
          <Arc motion="growing" />
          <p>{t('landing.looking')}</p>
        </div>
      )
    case 'invite':
      return (
        <div className={css.landing}>
          <Arc />
          <h1 className={css.name}>{t('landing.invite')}</h1>
          <p className={css.second}>{t('landing.inviteText')}</p>
          <CallButtons to={who} />
        </div>
      )
    case 'person':
      return found.card.id === mine?.me.id ? (
        <Self url={callLink(origin, mine.me)} />
      ) : (
        <Person card={found.card} to={who} isContact={!!mine?.contacts.some(({ id }) => id === found.card.id)} />
      )
    case 'failed':
      return (
        <Explain
          title={sentence(common, found.error)}
          text={
            codeOf(found.error) === 'unknown-person' || codeOf(found.error) === 'bad-number'
              ? common('notFound.text')
              : ''
          }
          actions={
            <>
              <Button look="primary" onClick={onRetry}>
                {common('retry')}
              </Button>
              <Elsewhere />
            </>
          }
        />
      )
  }
}

function Person({ card, to, isContact }: { card: Card; to: string; isContact: boolean }) {
  const { t } = useTranslation('home')
  const name = useName()(card)
  const { add } = usePeopleActions()
  return (
    <div className={css.landing}>
      <Avatar name={displayName(card) ?? '?'} seed={card.id} size="huge" />
      <h1 className={css.name}>{t('landing.title', { name })}</h1>
      {secondName(card) && <p className={css.second}>{secondName(card)}</p>}
      <CallButtons to={to} />
      <p className={css.second}>{t('landing.ready')}</p>
      {isContact ? (
        <p className={css.second}>{t('landing.isContact')}</p>
      ) : (
        <Button look="plain" icon={<UserPlus size={20} aria-hidden />} onClick={() => void add(card)}>
          {t('landing.addContact')}
        </Button>
      )}
      <Elsewhere />
    </div>
  )
}

function Self({ url }: { url: string }) {
  const { t } = useTranslation('home')
  return (
    <Explain
      title={t('landing.self')}
      text={t('landing.selfText')}
      actions={
        <>
          <Button look="primary" onClick={() => void copyText(url)}>
            {t('copyLink')}
          </Button>
          <Elsewhere />
        </>
      }
    />
  )
}

function CallButtons({ to }: { to: string }) {
  const { t } = useTranslation('common')
  const { dial } = useActions()
  return (
    <div className={css.buttons}>
      <Button look="primary" icon={<Video size={20} aria-hidden />} onClick={() => dial(to, 'video')}>
        {t('videoCall')}
      </Button>
      <Button icon={<Phone size={20} aria-hidden />} onClick={() => dial(to, 'audio')}>
        {t('audioCall')}
      </Button>
    </div>
  )
}

function Elsewhere() {
  const { t } = useTranslation('home')
  return (
    <To route={{ kind: 'home' }} className={css.elsewhere}>
      {t('landing.otherNumber')}
    </To>
  )
}

/** Looks the person of a link up as soon as the session is there, and again on demand. */
export function useFound(who: string, online: boolean): [Found, () => void] {
  const { lookup } = useActions()
  const address = parseAddress(who)
  const invite = address.kind === 'invite'
  const [answer, setAnswer] = useState<{ who: string; found: Found } | null>(null)
  const asked = answer?.who === who
  useEffect(() => {
    if (invite || !online || asked) return
    let wanted = true
    const tell = (found: Found) => wanted && setAnswer({ who, found })
    lookup(address.kind === 'person' ? address.to : who).then(
      (card) => tell({ kind: 'person', card }),
      (error: unknown) => tell({ kind: 'failed', error }),
    )
    return () => {
      wanted = false
    }
    // address is derived from who
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [who, invite, online, asked, lookup])
  const found: Found = invite ? { kind: 'invite' } : asked ? answer.found : { kind: 'looking' }
  return [found, () => setAnswer(null)]
}
