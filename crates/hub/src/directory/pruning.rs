//! People nobody needs any more: found a few at a time, and forgotten.

use super::{Directory, Lists};
use crate::ids::{DeviceId, PersonId};
use crate::outbox::Outbox;
use crate::record::RecordKey;
use crate::time::Millis;

impl Directory {
    /// The next people whose turn it is to be looked at; who still exists goes to the back of the row.
    pub(crate) fn next_in_turn(&mut self, most: usize) -> Vec<PersonId> {
        let most = most.min(self.turns.len());
        let mut next: Vec<_> = self.turns.drain(..most).collect();
        next.retain(|id| self.exists(*id));
        self.turns.extend(&next);
        next
    }

    /// Whether a person was not seen since a moment and nothing ties them to anybody.
    pub(crate) fn is_unused_since(&self, id: PersonId, moment: Millis) -> bool {
        let Some(person) = self.persons.get(&id) else {
            return false;
        };
        let seen = |device| self.devices.get(device).map_or(moment, |it| it.seen_at);
        // A device gave its id to the person it came as. A forgotten one would come as them again, and they may be somebody
        // else by now.
        let gave_way = |device: &DeviceId| device.person() == id || !self.exists(device.person());
        let lists = person.lists();
        person.handle.is_none()
            && person.listed == 0
            && lists.contacts.is_empty()
            && lists.missed.iter().all(|missed| missed.at < moment)
            && person.devices.len() <= 1
            && person.devices.iter().all(gave_way)
            && person.devices.iter().map(seen).all(|at| at < moment)
    }

    /// Forgets a person and their devices. Who comes back with such a key is a new person to us, with a new number.
    pub(crate) fn prune(&mut self, id: PersonId, outbox: &mut Outbox) {
        let Some(person) = self.persons.get_mut(&id) else {
            return;
        };
        for device in std::mem::take(&mut person.devices) {
            self.devices.remove(&device);
            outbox.delete(RecordKey::device(device));
        }
        self.remove(id, outbox);
    }

    /// Counts on how many contact lists somebody is.
    pub(super) fn count_listed(&mut self, id: PersonId, change: impl FnOnce(u32) -> u32) {
        if let Some(person) = self.persons.get_mut(&id) {
            person.listed = change(person.listed);
        }
    }
}

impl Lists {
    /// Removes everything of these lists from the store.
    pub(super) fn delete(&self, owner: PersonId, outbox: &mut Outbox) {
        let contacts = self
            .contacts
            .keys()
            .map(|id| RecordKey::contact(owner, *id));
        let blocked = self.blocked.iter().map(|id| RecordKey::block(owner, *id));
        let known = self.known.keys().map(|id| RecordKey::known(owner, *id));
        let missed = self
            .missed
            .iter()
            .map(|it| RecordKey::missed(owner, it.call));
        for key in contacts.chain(blocked).chain(known).chain(missed) {
            outbox.delete(key);
        }
    }
}
