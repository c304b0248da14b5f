import { expect, it } from 'vitest'
import { linkCode, parseRoute, pathOf, type Route } from './route'

const routes: Route[] = [
  { kind: 'home' },
  { kind: 'settings' },
  { kind: 'trust' },
  { kind: 'clients' },
  { kind: 'call', who: '417803533' },
  { kind: 'call', who: '织女' },
  { kind: 'call', who: 'i-Ab3_x9Yz' },
]

it.each(routes)('finds the way back from the path of $kind $who', (route) => {
  expect(parseRoute(pathOf(route))).toEqual(route)
})

it('ignores a slash at the end', () => {
  expect(parseRoute('/settings/')).toEqual({ kind: 'settings' })
})

it('says so when there is nothing at a path', () => {
  for (const path of ['/call/', '/call/a/b', '/nowhere', '/call/%FF']) expect(parseRoute(path).kind).toBe('unknown')
})

it('finds the code that links a device in the fragment', () => {
  expect(linkCode('#link=K7QX2M4P')).toBe('K7QX2M4P')
  expect(linkCode('#link=')).toBeNull()
  expect(linkCode('#content')).toBeNull()
})
