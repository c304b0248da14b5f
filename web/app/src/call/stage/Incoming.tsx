import { MessageSquareText, Phone, PhoneOff, Video } from 'lucide-react'
import type { Call, MediaKind } from 'magpie-client'
import { AlertDialog } from 'radix-ui'
import { useEffect, useRef, type Dispatch } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, Menu } from '../../ui'
import { useShortcuts } from '../hooks/useShortcuts'
import { useReplies } from '../hooks/useReplies'
import type { CallEvent, IncomingView } from '../view/view'
import { OwnReply } from './OwnReply'
import { nameClass, Person } from './Person'
import { LabelledButton } from './RoundButton'
import { stageClass } from './Stage'
import css from './Incoming.module.css'

interface IncomingProps {
  call: Call
  name: string
  /** Who this is to me: a contact, or a stranger with this number. */
  about: string
  view: IncomingView
  dispatch: Dispatch<CallEvent>
  onAnswer: (media: MediaKind) => void
}

/** Somebody calls me: who, and what I can do about it. Takes the focus, but no key answers by accident. */
export function Incoming({ call, name, about, view, dispatch, onAnswer }: IncomingProps) {
  const { t } = useTranslation('call')
  const dialog = useRef<HTMLDivElement>(null)
  const takeFocus = (event: Event) => {
    event.preventDefault()
    dialog.current?.focus()
  }
  return (
    <AlertDialog.Root open>
      <AlertDialog.Portal>
        <AlertDialog.Content
          ref={dialog}
          tabIndex={-1}
          className={stageClass}
          data-modal=""
          onOpenAutoFocus={takeFocus}
          onEscapeKeyDown={(event) => event.preventDefault()}
        >
          <div className={css.column}>
            <AlertDialog.Title className={css.kicker}>{t('incoming.title')}</AlertDialog.Title>
            <Person card={call.peer} name={name} about={about} reach={2} from="them" heading={<Caller name={name} />}>
              {view.step === 'preparing' ? t('incoming.preparing') : t(`incoming.wants.${call.media}`)}
            </Person>
            <div className={css.answers}>
              {view.step === 'replying' ? (
                <OwnReply call={call} onBack={() => dispatch({ type: 'reply', open: false })} />
              ) : null}
              <Answers call={call} view={view} dispatch={dispatch} onAnswer={onAnswer} />
            </div>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/** The name describes the dialog, so that it is read as soon as the dialog takes the focus. */
function Caller({ name }: { name: string }) {
  return (
    <AlertDialog.Description asChild>
      <h1 className={nameClass}>{name}</h1>
    </AlertDialog.Description>
  )
}

function Answers({ call, view, dispatch, onAnswer }: Pick<IncomingProps, 'call' | 'view' | 'dispatch' | 'onAnswer'>) {
  const { t } = useTranslation('call')
  const replies = useReplies()
  const shown = useRef(Infinity)
  useEffect(() => {
    shown.current = Date.now()
  }, [])
  const preparing = view.step === 'preparing'
  // a letter meant for what was in front a moment ago must not answer a call
  const deliberate = (act: () => void) => () => Date.now() - shown.current > HESITATION_MS && act()
  const answer = (media: MediaKind) => () => !preparing && onAnswer(media)
  const decline = () => call.decline()
  useShortcuts({ v: deliberate(answer('video')), a: deliberate(answer('audio')), d: deliberate(decline) })
  if (view.step === 'replying') return null
  return (
    <>
      <div className={css.buttons}>
        <LabelledButton
          label={t('incoming.decline')}
          words={t('incoming.declineShort')}
          shortcut="D"
          look="danger"
          onClick={decline}
        >
          <PhoneOff size={28} aria-hidden />
        </LabelledButton>
        <LabelledButton
          label={t('incoming.answerAudio')}
          words={t('incoming.answerAudioShort')}
          shortcut="A"
          look={call.media === 'audio' ? 'answer' : 'plain'}
          disabled={preparing}
          onClick={answer('audio')}
        >
          <Phone size={28} aria-hidden />
        </LabelledButton>
        <LabelledButton
          label={t('incoming.answerVideo')}
          words={t('incoming.answerVideoShort')}
          shortcut="V"
          look={call.media === 'video' ? 'answer' : 'plain'}
          disabled={preparing}
          onClick={answer('video')}
        >
          <Video size={28} aria-hidden />
        </LabelledButton>
      </div>
      <Menu
        side="top"
        align="center"
        trigger={
          <Button look="plain" icon={<MessageSquareText size={20} aria-hidden />}>
            {t('incoming.declineWithReply')}
          </Button>
        }
        items={[
          ...replies.map((text) => ({ label: text, onSelect: () => call.decline(text) })),
          { label: t('incoming.ownReply'), onSelect: () => dispatch({ type: 'reply', open: true }) },
        ]}
      />
    </>
  )
}

const HESITATION_MS = 800
