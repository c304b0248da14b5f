import type { Magpie, MediaKind } from 'magpie-client'
import type { Actions } from './actions'
import type { Preferences } from './preferences'
import { pathOf } from './route'
import type { Store } from './store'

/** What the call part of the page offers to the frame. */
export interface CallPart {
  start(to: string, media: MediaKind, preferences: Preferences): void
  arm(): void
}

/** The real actions: each goes to the session, the store or the address bar. */
export function wireActions(client: Magpie, store: Store, calls: CallPart): Actions {
  return {
    navigate(route) {
      const path = pathOf(route)
      if (path !== location.pathname) history.pushState(null, '', path)
      store.dispatch({ type: 'navigated', route })
      scrollTo(0, 0)
    },
    dial: (to, media) => calls.start(to, media, store.get().preferences),
    lookup: (who) => client.lookup(who),
    setPreferences: (change) =>
      store.dispatch({ type: 'preferences', preferences: { ...store.get().preferences, ...change } }),
    arm: () => calls.arm(),
    setProfile: (change) => client.setProfile(change),
    addContact: (id, name) => client.addContact(id, name),
    removeContact: (id) => client.removeContact(id),
    block: (id) => client.block(id),
    unblock: (id) => client.unblock(id),
    createInvite: () => client.createInvite(),
    setOffering: (on) => store.dispatch({ type: 'offering', on }),
    offerLink: () => client.offerLink(),
    setClaim: (claim) => store.dispatch({ type: 'claim', claim }),
    claimLink: (code) => client.claimLink(code),
    approveLink: (device) => answer(store, device, client.approveLink(device)),
    rejectLink: (device) => answer(store, device, client.rejectLink(device)),
    unlink: (device) => client.unlink(device),
    clearRecents: () => store.dispatch({ type: 'recents-cleared' }),
    takeOver: () => client.takeOver(),
  }
}

async function answer(store: Store, device: string, reply: Promise<void>): Promise<void> {
  await reply
  store.dispatch({ type: 'link-answered', device })
}
