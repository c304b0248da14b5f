import { Delete } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import css from './Keypad.module.css'

export interface KeypadProps {
  onKey: (digit: string) => void
  onBackspace: () => void
}

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '@', '0']

/** A telephone's keys, for the thumb. `@` begins a handle. */
export function Keypad({ onKey, onBackspace }: KeypadProps) {
  const { t } = useTranslation('home')
  return (
    <div className={css.keypad} role="group" aria-label={t('keypad')}>
      {DIGITS.map((digit) => (
        <button key={digit} type="button" className={css.key} onClick={() => onKey(digit)}>
          {digit}
        </button>
      ))}
      <button type="button" className={css.key} aria-label={t('backspace')} onClick={onBackspace}>
        <Delete size={22} aria-hidden />
      </button>
    </div>
  )
}
