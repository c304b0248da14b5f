import { ImageUp } from 'lucide-react'
import { useEffect, useRef, useState, type ChangeEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { acquire, type MediaFailure } from 'magpie-client/devices'
import { parseAddress, type Address } from '../../model/address'
import { Button, Dialog } from '../../ui'
import { loadDecoder, readCode, readFile } from './decode'
import css from './Scan.module.css'

export interface ScanDialogProps {
  onClose: () => void
  /** Takes what was scanned; something else than null means it leads nowhere. */
  onAddress: (address: Address) => unknown
}

/** What the dialog says: the camera's state, or that a code was of no use. */
export type ScanStatus =
  | 'scanStarting'
  | 'scanText'
  | 'scanDenied'
  | 'scanMissing'
  | 'scanBusy'
  | 'scanUnsupported'
  | 'scanNothing'
  | 'scanForeign'

/** Scans a QR code with the camera, or from a picture where there is none. */
export function ScanDialog({ onClose, onAddress }: ScanDialogProps) {
  const [status, setStatus] = useState<ScanStatus>('scanStarting')
  const [stream, setStream] = useState<MediaStream | null>(null)
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    let live = true
    let held: MediaStream | null = null
    void acquire({ audio: false, video: true, facing: 'environment' }).then((answer) => {
      if (answer.ok) held = answer.stream
      if (!live) {
        stop(held)
        return
      }
      if (answer.ok) setStream(answer.stream)
      setStatus(answer.ok ? 'scanText' : statusOf(answer.video))
    })
    return () => {
      live = false
      stop(held)
    }
  }, [attempt])

  const retry = () => {
    setStatus('scanStarting')
    setAttempt((before) => before + 1)
  }

  const take = (text: string | null) => {
    if (text === null) {
      setStatus('scanNothing')
      return
    }
    const refused = onAddress(parseAddress(text))
    if (refused) setStatus('scanForeign')
    else onClose()
  }
  return <ScanView status={status} stream={stream} onCode={take} onRetry={retry} onClose={onClose} />
}

export interface ScanViewProps {
  status: ScanStatus
  stream: MediaStream | null
  onCode: (text: string | null) => void
  /** Asks for the camera again. */
  onRetry: () => void
  onClose: () => void
}

/** Draws the dialog; what is seen goes to `onCode`. */
export function ScanView({ status, stream, onCode, onRetry, onClose }: ScanViewProps) {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const input = useRef<HTMLInputElement>(null)
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0]
    if (file) void readFile(file).then(onCode, () => onCode(null))
  }
  return (
    <Dialog open onOpenChange={onClose} title={t('scanTitle')}>
      {stream && <Finder stream={stream} onCode={onCode} />}
      <p role="status">{t(status)}</p>
      <input
        ref={input}
        type="file"
        accept="image/*"
        className="hidden-text"
        tabIndex={-1}
        aria-hidden
        onChange={choose}
      />
      {(status === 'scanDenied' || status === 'scanBusy') && (
        <Button look="primary" onClick={onRetry}>
          {common('retry')}
        </Button>
      )}
      <Button icon={<ImageUp size={20} aria-hidden />} onClick={() => input.current?.click()}>
        {t('scanPicture')}
      </Button>
    </Dialog>
  )
}

function Finder({ stream, onCode }: { stream: MediaStream; onCode: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const report = useRef(onCode)
  useEffect(() => {
    report.current = onCode
  })
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.srcObject = stream
    return scan(element, (text) => report.current(text))
  }, [stream])
  return <video ref={video} className={css.finder} autoPlay muted playsInline aria-hidden />
}

/** Looks for a code in the playing video until one is found. */
function scan(video: HTMLVideoElement, found: (text: string) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let live = true
  const canvas = document.createElement('canvas')
  void loadDecoder().then((decode) => {
    const look = () => {
      if (!live) return
      const text = readCode(decode, video, video.videoWidth, video.videoHeight, canvas)
      if (text) found(text)
      timer = setTimeout(look, text ? AFTER_FOUND_MS : BETWEEN_LOOKS_MS)
    }
    look()
  })
  return () => {
    live = false
    clearTimeout(timer)
  }
}

function statusOf(failure: MediaFailure | undefined): ScanStatus {
  switch (failure) {
    case 'denied':
    case 'denied-by-system':
    case 'dismissed':
      return 'scanDenied'
    case 'not-found':
      return 'scanMissing'
    case 'in-use':
      return 'scanBusy'
    default:
      return 'scanUnsupported'
  }
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

const BETWEEN_LOOKS_MS = 150
const AFTER_FOUND_MS = 1500
