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
        let lists = self.lists_mut(owner).ok_or(ListFull)?;
        if lists.contacts.len() >= room && !lists.contacts.contains_key(&id) {
            return Err(ListFull);
        }
        let is_new = lists.contacts.insert(id, name.map(Box::from)).is_none();
        if is_new {
            self.count_listed(id, |listed| listed.saturating_add(1));
        }
        outbox.put(Record::Contact(ContactRecord {
            owner,
            id,
            name: name.map(str::to_owned),
        }));
        Ok(())
    }

    pub(crate) fn remove_contact(&mut self, owner: PersonId, id: PersonId, outbox: &mut Outbox) {
        let removed = self
            .lists_mut(owner)
            .and_then(|lists| lists.contacts.remove(&id));
        if removed.is_some() {
            self.count_listed(id, |listed| listed.saturating_sub(1));
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
        let lists = self.lists_mut(owner).ok_or(ListFull)?;
        if lists.blocked.len() >= room && !lists.blocked.contains(&id) {
            return Err(ListFull);
        }
        if lists.blocked.insert(id) {
            outbox.put(Record::Block(BlockRecord { owner, id }));
        }
        Ok(())
    }

    pub(crate) fn unblock(&mut self, owner: PersonId, id: PersonId, outbox: &mut Outbox) {
        if self
            .lists_mut(owner)
            .is_some_and(|lists| lists.blocked.remove(&id))
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
        let Some(lists) = self.lists_mut(owner) else {
            return;
        };
        if lists.known.contains_key(&id) {
            return;
        }
        if lists.known.len() >= room
            && let Some(oldest) = lists
                .known
                .iter()
                .min_by_key(|(_, since)| **since)
                .map(|(id, _)| *id)
        {
            lists.known.remove(&oldest);
            outbox.delete(RecordKey::known(owner, oldest));
        }
        lists.known.insert(id, now);
        outbox.put(Record::Known(KnownRecord {
            owner,
            id,
            since: now,
        }));
    }

    /// Notes a missed call; when there is no room the oldest goes.
    pub(crate) fn add_missed(&mut self, missed: MissedRecord, room: usize, outbox: &mut Outbox) {
        let Some(lists) = self.lists_mut(missed.owner) else {
            return;
        };
        if lists.missed.len() >= room
            && let Some(oldest) = lists.missed.pop_front()
        {
            outbox.delete(RecordKey::missed(oldest.owner, oldest.call));
        }
        lists.missed.push_back(missed.clone());
        outbox.put(Record::Missed(missed));
    }

    /// Forgets the missed calls up to a moment.
    pub(crate) fn see_missed(&mut self, owner: PersonId, up_to: Millis, outbox: &mut Outbox) {
        let Some(lists) = self.lists_mut(owner) else {
            return;
        };
        lists.missed.retain(|missed| {
            if missed.at <= up_to {
                outbox.delete(RecordKey::missed(owner, missed.call));
            }
            missed.at > up_to
        });
    }

    pub(crate) fn missed(&self, owner: PersonId) -> Vec<MissedCall> {
        self.lists(owner)
            .missed
            .iter()
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
        self.lists(owner)
            .blocked
            .iter()
            .map(|id| self.card(owner, *id))
            .collect()
    }

    /// Who is on the contact list and still exists.
    pub(crate) fn contacts(&self, owner: PersonId) -> Vec<PersonId> {
        self.lists(owner)
            .contacts
            .keys()
            .filter(|id| self.exists(**id))
            .copied()
            .collect()
    }

    /// Whether the two may see each other's presence: each has the other on their list, and neither blocks the other.
    pub(crate) fn is_mutual(&self, a: PersonId, b: PersonId) -> bool {
        let welcomes = |a, b| self.has_contact(a, b) && !self.is_blocked(a, b);
        welcomes(a, b) && welcomes(b, a)
    }

    pub(crate) fn has_contact(&self, owner: PersonId, id: PersonId) -> bool {
        self.lists(owner).contacts.contains_key(&id)
    }

    pub(crate) fn is_blocked(&self, owner: PersonId, id: PersonId) -> bool {
        self.lists(owner).blocked.contains(&id)
    }
}
