import { addWords } from '.'
import en from './en/clients.json'
import zh from './zh/clients.json'

addWords('clients', en, zh)
