//! What a person keeps about others: contacts, blocks, numbers learnt, missed calls.

use super::Directory;
use crate::event::{Card, MissedCall};
use crate::ids::PersonId;
use crate::outbox::Outbox;
use crate::record::{BlockRecord, ContactRecord, KnownRecord, MissedRecord, Record, RecordKey};
use crate::time::Millis;

/// A list has no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListFull;

impl Directory {
    /// Puts `id` on the contact list of `owner`, or renames them there.
    pub(crate) fn add_contact(
        &mut self,
        owner: PersonId,
        id: PersonId,
        name: Option<&str>,
        room: usize,
        outbox: &mut Outbox,
    ) -> Result<(), ListFull> {
        let person = self.persons.get_mut(&owner).ok_or(ListFull)?;
        if person.contacts.len() >= room && !person.contacts.contains_key(&id) {
            return Err(ListFull);
        }
        person.contacts.insert(id, name.map(Box::from));
        outbox.put(Record::Contact(ContactRecord {
            owner,
            id,
            name: name.map(str::to_owned),
        }));
        Ok(())
    }

    pub(crate) fn remove_contact(&mut self, owner: PersonId, id: PersonId, outbox: &mut Outbox) {
        let removed = self
            .persons
            .get_mut(&owner)
            .and_then(|person| person.contacts.remove(&id));
        if removed.is_some() {
            outbox.delete(RecordKey::contact(owner, id));
        }
    }

    pub(crate) fn block(
        &mut self,
        owner: PersonId,
        id: PersonId,
        room: usize,
        outbox: &mut Outbox,
    ) -> Result<(), ListFull> {
        let person = self.persons.get_mut(&owner).ok_or(ListFull)?;
        if person.blocked.len() >= room && !person.blocked.contains(&id) {
            return Err(ListFull);
        }
        if person.blocked.insert(id) {
            outbox.put(Record::Block(BlockRecord { owner, id }));
        }
        Ok(())
    }

    pub(crate) fn unblock(&mut self, owner: PersonId, id: PersonId, outbox: &mut Outbox) {
        if self
            .persons
            .get_mut(&owner)
            .is_some_and(|person| person.blocked.remove(&id))
        {
            outbox.delete(RecordKey::block(owner, id));
        }
    }

    /// Notes that `owner` learnt the number of `id`; when there is no room the oldest such note goes.
    pub(crate) fn learn_number(
        &mut self,
        now: Millis,
        owner: PersonId,
        id: PersonId,
        room: usize,
        outbox: &mut Outbox,
    ) {
        let Some(person) = self.persons.get_mut(&owner) else {
            return;
        };
        if person.known.contains_key(&id) {
            return;
        }
        if person.known.len() >= room
            && let Some(oldest) = person
                .known
                .iter()
                .min_by_key(|(_, since)| **since)
                .map(|(id, _)| *id)
        {
            person.known.remove(&oldest);
            outbox.delete(RecordKey::known(owner, oldest));
        }
        person.known.insert(id, now);
        outbox.put(Record::Known(KnownRecord {
            owner,
            id,
            since: now,
        }));
    }

    /// Notes a missed call; when there is no room the oldest goes.
    pub(crate) fn add_missed(&mut self, missed: MissedRecord, room: usize, outbox: &mut Outbox) {
        let Some(person) = self.persons.get_mut(&missed.owner) else {
            return;
        };
        if person.missed.len() >= room
            && let Some(oldest) = person.missed.pop_front()
        {
            outbox.delete(RecordKey::missed(oldest.owner, oldest.call));
        }
        person.missed.push_back(missed.clone());
        outbox.put(Record::Missed(missed));
    }

    /// Forgets the missed calls up to a moment.
    pub(crate) fn see_missed(&mut self, owner: PersonId, up_to: Millis, outbox: &mut Outbox) {
        let Some(person) = self.persons.get_mut(&owner) else {
            return;
        };
        person.missed.retain(|missed| {
            if missed.at <= up_to {
                outbox.delete(RecordKey::missed(owner, missed.call));
            }
            missed.at > up_to
        });
    }

    pub(crate) fn missed(&self, owner: PersonId) -> Vec<MissedCall> {
        let missed = self.persons.get(&owner).map(|person| person.missed.iter());
        missed
            .into_iter()
            .flatten()
            .map(|missed| self.missed_call(missed))
            .collect()
    }

    pub(crate) fn missed_call(&self, missed: &MissedRecord) -> MissedCall {
        let from = self.card(missed.owner, missed.from);
        MissedCall {
            call: missed.call,
            from,
            at: missed.at,
            media: missed.media,
        }
    }

    pub(crate) fn blocked(&self, owner: PersonId) -> Vec<Card> {
        let blocked = self.persons.get(&owner).map(|person| person.blocked.iter());
        blocked
            .into_iter()
            .flatten()
            .map(|id| self.card(owner, *id))
            .collect()
    }

    /// Who is on the contact list and still exists.
    pub(crate) fn contacts(&self, owner: PersonId) -> Vec<PersonId> {
        let contacts = self
            .persons
            .get(&owner)
            .map(|person| person.contacts.keys());
        contacts
            .into_iter()
            .flatten()
            .filter(|id| self.exists(**id))
            .copied()
            .collect()
    }

    /// Whether the two may see each other's presence: each has the other on their list, and neither blocks the other.
    pub(crate) fn is_mutual(&self, a: PersonId, b: PersonId) -> bool {
        let lists = |a: PersonId, b: PersonId| {
            self.persons
                .get(&a)
                .is_some_and(|a| a.contacts.contains_key(&b) && !a.blocked.contains(&b))
        };
        lists(a, b) && lists(b, a)
    }

    pub(crate) fn has_contact(&self, owner: PersonId, id: PersonId) -> bool {
        self.persons
            .get(&owner)
            .is_some_and(|person| person.contacts.contains_key(&id))
    }

    pub(crate) fn is_blocked(&self, owner: PersonId, id: PersonId) -> bool {
        self.persons
            .get(&owner)
            .is_some_and(|person| person.blocked.contains(&id))
    }
}
