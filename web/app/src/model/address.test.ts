import { describe, expect, it } from 'vitest'
import { groupNumber, parseAddress } from './address'

const NUMBER = '417803533'

describe('what a person may type', () => {
  it.each([NUMBER, '417 803 533', '417-803-533', ' 417.803.533 ', '４１７８０３５３３'])(
    'takes the number %s',
    (typed) => {
      expect(parseAddress(typed)).toEqual({ kind: 'person', to: NUMBER })
    },
  )

  it('notices a number with one wrong digit', () => {
    expect(parseAddress('417803534')).toEqual({ kind: 'bad-number' })
  })

  it('notices two swapped neighbours', () => {
    expect(parseAddress('147803533')).toEqual({ kind: 'bad-number' })
  })

  it.each([
    ['@lin', 'lin'],
    ['lin-2', 'lin-2'],
    ['＠织女', '织女'],
    ['织女', '织女'],
  ])('takes the handle %s', (typed, to) => {
    expect(parseAddress(typed)).toEqual({ kind: 'person', to })
  })

  it.each([
    ['peerjs:alice', 'peerjs:alice'],
    ['PeerJS：my room_1', 'peerjs:my room_1'],
    ['https://a.example/call/peerjs%3Aalice', 'peerjs:alice'],
  ])('takes the PeerJS client %s', (typed, to) => {
    expect(parseAddress(typed)).toEqual({ kind: 'person', to })
  })

  it.each(['peerjs:', 'peerjs:a/b', `peerjs:${'x'.repeat(58)}`])('takes %s for nobody', (typed) => {
    expect(parseAddress(typed)).toEqual({ kind: 'unclear' })
  })

  it('takes a person id', () => {
    expect(parseAddress('mfrggzdfmztwq2lknnwg23tpoa')).toEqual({ kind: 'person', to: 'mfrggzdfmztwq2lknnwg23tpoa' })
  })

  it('takes a call link of any host, also amid other words', () => {
    expect(parseAddress('Call me: https://192.168.1.7:8443/call/%E7%BB%87%E5%A5%B3 bye')).toEqual({
      kind: 'person',
      to: '织女',
    })
  })

  it('takes an invite by link and by code', () => {
    const invite = { kind: 'invite', to: 'i-Ab3_x9Yz' }
    expect(parseAddress('https://host/call/i-Ab3_x9Yz')).toEqual(invite)
    expect(parseAddress('i-Ab3_x9Yz')).toEqual(invite)
  })

  it('takes the link that links a device', () => {
    expect(parseAddress('https://host:8443/#link=ABCD2345')).toEqual({ kind: 'device-link', code: 'ABCD2345' })
  })

  it('tells nothing from nonsense', () => {
    expect(parseAddress('  ')).toEqual({ kind: 'empty' })
    for (const typed of ['12345', '1234567890', 'a b', 'x', 'https://host/other', 'https://host/call/%FF'])
      expect(parseAddress(typed)).toEqual({ kind: 'unclear' })
  })
})

it('shows a number in groups of three', () => {
  expect(groupNumber(NUMBER)).toBe('417 803 533')
})
