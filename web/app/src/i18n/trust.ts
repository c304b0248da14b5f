import { addWords } from '.'
import en from './en/trust.json'
import zh from './zh/trust.json'

addWords('trust', en, zh)
