import { useTranslation } from 'react-i18next'
import type { Card } from 'magpie-client'
import { toast } from '../../ui'
import { sentence } from '../errors'
import { useActions, useName } from '../Page'

/** Adding, removing and blocking somebody, each with the words that confirm it or say why not. */
export function usePeopleActions() {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const { addContact, removeContact, block } = useActions()
  const name = useName()
  const say = async (done: Promise<void>, words: string) => {
    try {
      await done
      toast(words)
    } catch (error) {
      toast(sentence(common, error))
    }
  }
  return {
    add: (person: Card) => say(addContact(person.id), t('added', { name: name(person) })),
    remove: (person: Card) => say(removeContact(person.id), t('removed', { name: name(person) })),
    block: (person: Card) => say(block(person.id), t('blockedNow', { name: name(person) })),
  }
}
