import { useTranslation } from 'react-i18next'
import type { Preferences } from '../../model/preferences'
import { Select } from '../../ui'
import { useActions } from '../Page'
import { Section } from './Section'
import column from '../Column.module.css'

/** Language and theme. */
export function Look({ preferences }: { preferences: Preferences }) {
  const { t } = useTranslation('settings')
  const { setPreferences } = useActions()
  const languages: Record<Preferences['language'], string> = {
    system: t('look.languageSystem'),
    zh: '中文',
    en: 'English',
  }
  const themes: Record<Preferences['theme'], string> = {
    system: t('look.themeSystem'),
    light: t('look.themeLight'),
    dark: t('look.themeDark'),
  }
  return (
    <Section title={t('look.title')}>
      <div className={column.pair}>
        <Select
          label={t('look.language')}
          value={preferences.language}
          options={optionsOf(languages)}
          onChange={(value) => setPreferences({ language: chosen(languages, value) })}
        />
        <Select
          label={t('look.theme')}
          value={preferences.theme}
          options={optionsOf(themes)}
          onChange={(value) => setPreferences({ theme: chosen(themes, value) })}
        />
      </div>
    </Section>
  )
}

function optionsOf(names: Record<string, string>) {
  return Object.entries(names).map(([value, label]) => ({ value, label }))
}

function chosen<K extends string>(names: Record<K | 'system', string>, value: string): K | 'system' {
  return value in names ? (value as K) : 'system'
}
