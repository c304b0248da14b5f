import { Smartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LinkClaim, LinkRequest } from '../../model/state'
import { Arc, Button, Dialog, toast } from '../../ui'
import { codeOf, sentence } from '../errors'
import { useActions } from '../Page'

export interface LinkDialogsProps {
  requests: readonly LinkRequest[]
  claim: LinkClaim | null
  online: boolean
}

/** The questions about devices, wherever in the page the person is: one at a time. */
export function LinkDialogs({ requests, claim, online }: LinkDialogsProps) {
  const request = requests[0]
  if (request) return <Approve key={request.device} request={request} />
  return claim && <Claim claim={claim} online={online} />
}

/** Another device shows my code: is it mine? Closing the question is no answer, so it counts as no. */
function Approve({ request }: { request: LinkRequest }) {
  const { t } = useTranslation('common')
  const { approveLink, rejectLink } = useActions()
  const [busy, setBusy] = useState(false)
  const answer = async (reply: Promise<void>) => {
    setBusy(true)
    try {
      await reply
    } catch (error) {
      toast(sentence(t, error))
      setBusy(false)
    }
  }
  const reject = () => void answer(rejectLink(request.device))
  return (
    <Dialog
      open
      onOpenChange={reject}
      title={t('link.requestTitle')}
      description={t('link.requestText', { label: request.label })}
    >
      <Button
        look="primary"
        wide
        busy={busy}
        icon={<Smartphone size={20} aria-hidden />}
        onClick={() => void answer(approveLink(request.device))}
      >
        {t('link.approve')}
      </Button>
      <Button wide disabled={busy} onClick={reject}>
        {t('link.reject')}
      </Button>
    </Dialog>
  )
}

function Claim({ claim, online }: { claim: LinkClaim; online: boolean }) {
  const { t } = useTranslation('common')
  const { setClaim, claimLink } = useActions()
  const close = () => setClaim(null)
  const ask = async () => {
    setClaim({ kind: 'waiting', code: claim.code })
    try {
      await claimLink(claim.code)
    } catch (error) {
      setClaim({ kind: 'failed', code: claim.code, error: codeOf(error) })
    }
  }
  switch (claim.kind) {
    case 'asking':
      return (
        <Dialog open onOpenChange={close} title={t('link.claimTitle')} description={t('link.claimText')}>
          <Button look="primary" wide onClick={() => void ask()} disabled={!online}>
            {t('link.claimAction')}
          </Button>
          <Button wide onClick={close}>
            {t('cancel')}
          </Button>
        </Dialog>
      )
    case 'waiting':
      return (
        <Dialog open onOpenChange={close} title={t('link.waitingTitle')} description={t('link.waitingText')}>
          <Arc motion="growing" />
        </Dialog>
      )
    case 'failed':
      return (
        <Dialog
          open
          onOpenChange={close}
          title={t('link.failedTitle')}
          description={sentence(t, { code: claim.error })}
        >
          <Button look="primary" wide onClick={close}>
            {t('close')}
          </Button>
        </Dialog>
      )
  }
}
