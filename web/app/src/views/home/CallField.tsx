import { ClipboardPaste, Grid3x3, Phone, ScanQrCode, Video, X } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { MediaKind } from 'magpie-client'
import { parseAddress, type Address } from '../../model/address'
import { Button, IconButton, TextField } from '../../ui'
import { useActions } from '../Page'
import { ScanDialog } from '../scan/ScanDialog'
import css from './Home.module.css'
import { Keypad } from './Keypad'

type Complaint = 'empty' | 'unclear' | 'bad-number' | 'pasteEmpty' | 'pasteDenied'

/** One field for whatever somebody was given: a number, a handle, a link, an invite, the code that links a device. */
export function CallField() {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const [text, setText] = useState('')
  const [complaint, setComplaint] = useState<Complaint | null>(null)
  const [keypad, setKeypad] = useState(false)
  const [scanning, setScanning] = useState(false)
  const { dial } = useActions()
  const go = useGo()

  const type = (value: string) => {
    setText(value)
    setComplaint(null)
  }
  const call = (media: MediaKind) => {
    const address = parseAddress(text)
    if (address.kind === 'person' || address.kind === 'invite') dial(address.to, media)
    else setComplaint(go(address))
  }
  const paste = async () => {
    const pasted = await readClipboard()
    type(pasted?.trim() ?? '')
    if (pasted === null) setComplaint('pasteDenied')
    else setComplaint(pasted.trim() === '' ? 'pasteEmpty' : go(parseAddress(pasted)))
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    call('video')
  }
  return (
    <form className={css.call} onSubmit={submit} aria-label={t('callSomeone')}>
      <TextField
        label={t('field')}
        placeholder={t('fieldHint')}
        value={text}
        onChange={type}
        error={complaint && (complaint === 'bad-number' ? common('error.bad-number') : t(complaint))}
        inputMode={keypad ? 'none' : 'text'}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
        className={css.field}
        actions={
          <FieldTools
            filled={text !== ''}
            onClear={() => type('')}
            onPaste={() => void paste()}
            onScan={() => setScanning(true)}
            keypad={keypad}
            onKeypad={() => setKeypad(!keypad)}
          />
        }
      />
      {keypad && <Keypad onKey={(key) => type(text + key)} onBackspace={() => type(text.slice(0, -1))} />}
      <div className={css.callButtons}>
        <Button look="primary" type="submit" icon={<Video size={20} aria-hidden />}>
          {common('videoCall')}
        </Button>
        <Button icon={<Phone size={20} aria-hidden />} onClick={() => call('audio')}>
          {common('audioCall')}
        </Button>
      </div>
      {scanning && <ScanDialog onClose={() => setScanning(false)} onAddress={go} />}
    </form>
  )
}

interface FieldToolsProps {
  filled: boolean
  keypad: boolean
  onClear: () => void
  onPaste: () => void
  onScan: () => void
  onKeypad: () => void
}

function FieldTools({ filled, keypad, onClear, onPaste, onScan, onKeypad }: FieldToolsProps) {
  const { t } = useTranslation('home')
  return (
    <>
      {filled ? (
        <IconButton label={t('clear')} onClick={onClear}>
          <X size={20} aria-hidden />
        </IconButton>
      ) : (
        <>
          <IconButton label={t('paste')} onClick={onPaste}>
            <ClipboardPaste size={20} aria-hidden />
          </IconButton>
          <IconButton label={t('scan')} onClick={onScan}>
            <ScanQrCode size={20} aria-hidden />
          </IconButton>
        </>
      )}
      <IconButton label={t('keypad')} className={css.keypadSwitch} aria-pressed={keypad} onClick={onKeypad}>
        <Grid3x3 size={20} aria-hidden />
      </IconButton>
    </>
  )
}

/** Follows an understood address to its page; what stands against it comes back. */
function useGo(): (address: Address) => 'empty' | 'unclear' | 'bad-number' | null {
  const { navigate, setClaim } = useActions()
  return (address) => {
    switch (address.kind) {
      case 'person':
      case 'invite':
        navigate({ kind: 'call', who: address.to })
        return null
      case 'device-link':
        setClaim({ kind: 'asking', code: address.code })
        return null
      case 'empty':
      case 'unclear':
      case 'bad-number':
        return address.kind
    }
  }
}

async function readClipboard(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText()
  } catch {
    return null
  }
}
