import { Magpie, type Call } from 'magpie-client'
import { MemoryStore } from 'magpie-client/memory'
import { whenEnding, type Demo, type Side } from './demo'

// The same two people each time, so that trying again does not fill the server with more.
const people = new Map<string, [Magpie, Magpie]>()

/** Two people of the native protocol, who are forgotten by this browser with the page. */
export const demo: Demo = async (server, [first, second], ending) => {
  const [caller, callee] = peopleOf(server.origin)
  const answering = callee.on('incoming', (call) => {
    second.at('answering')
    second.show(call.remote)
    call.accept({ media: 'video', stream: second.stream })
    tellEnd(call, second)
  })
  whenEnding(ending, answering)
  const [, number] = await Promise.all([join(caller, first, ending), join(callee, second, ending)])
  if (ending.aborted) return
  first.at('calling')
  const call = caller.dial(number, { media: 'video', stream: first.stream })
  first.show(call.remote)
  tellEnd(call, first)
}

function peopleOf(server: string): [Magpie, Magpie] {
  const known = people.get(server) ?? [newPerson(server), newPerson(server)]
  people.set(server, known)
  return known
}

function newPerson(server: string): Magpie {
  return new Magpie({ server, storage: new MemoryStore() })
}

/** @returns the number of this side */
async function join(magpie: Magpie, side: Side, ending: AbortSignal): Promise<string> {
  whenEnding(ending, () => magpie.stop())
  const joined = new Promise<string>((done, failed) => {
    const off = magpie.on('session', (session) => {
      if (session.kind === 'online') done(session.me.number)
      else if (session.kind === 'failed') failed(new Error(session.detail))
    })
    whenEnding(ending, off)
  })
  await magpie.start()
  const number = await joined
  side.at('joined')
  return number
}

function tellEnd(call: Call, side: Side): void {
  call.on('state', ({ kind }) => kind === 'ended' && side.at('left'))
}
