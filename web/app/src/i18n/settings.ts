import { addWords } from '.'
import en from './en/settings.json'
import zh from './zh/settings.json'

addWords('settings', en, zh)
