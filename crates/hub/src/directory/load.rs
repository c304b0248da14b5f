//! The directory from what was saved.

use super::{Device, Directory, Lists, Person};
use crate::handle::Handle;
use crate::ids::PersonId;
use crate::record::{CallRecord, ContactRecord, DeviceRecord, InviteRecord, PersonRecord, Record};

impl Directory {
    /// Takes in saved records and returns the calls among them. A record whose person or device is missing is left out:
    /// a store that lost a line costs that line and nothing else.
    pub(crate) fn load(&mut self, mut saved: Vec<Record>) -> Vec<CallRecord> {
        // People first, then what hangs on them; missed calls in their order.
        saved.sort_by_cached_key(|record| (record.key().table, moment(record), record.key().key));
        let mut calls = Vec::new();
        for record in saved {
            match record {
                Record::Person(it) => self.load_person(it),
                Record::Device(it) => self.load_device(it),
                Record::Contact(it) => self.load_contact(it),
                Record::Block(it) => self.with(it.owner, |lists| {
                    lists.blocked.insert(it.id);
                }),
                Record::Known(it) => self.with(it.owner, |lists| {
                    lists.known.insert(it.id, it.since);
                }),
                Record::Missed(it) => self.with(it.owner, |lists| lists.missed.push_back(it)),
                Record::Invite(it) => self.load_invite(it),
                Record::Call(it) => calls.push(*it),
            }
        }
        calls
    }

    fn load_person(&mut self, record: PersonRecord) {
        let mut person = Person::new(record.number, Vec::new());
        person.name = record.name.map(String::into_boxed_str);
        if let Some(handle) = record.handle.as_deref().and_then(Handle::parse) {
            person.handle = Some(handle.shown.into_boxed_str());
            self.handles
                .insert(handle.folded.into_boxed_str(), record.id);
        }
        self.numbers.insert(record.number, record.id);
        self.turns.push_back(record.id);
        self.persons.insert(record.id, person);
    }

    fn load_device(&mut self, record: DeviceRecord) {
        let id = record.key.device();
        // A device that was unlinked stays known even if its person is no more.
        match self.persons.get_mut(&record.person) {
            Some(person) if !record.unlinked => person.devices.push(id),
            None if !record.unlinked => return,
            Some(_) | None => {}
        }
        let device = Device {
            key: record.key,
            person: record.person,
            unlinked: record.unlinked,
            label: record.label.into_boxed_str(),
            linked_at: record.linked_at,
            seen_at: record.seen_at.max(record.linked_at),
            delegation: record.delegation.map(Box::new),
        };
        self.devices.insert(id, device);
    }

    fn load_contact(&mut self, record: ContactRecord) {
        if self.exists(record.owner) {
            self.count_listed(record.id, |listed| listed.saturating_add(1));
        }
        self.with(record.owner, |lists| {
            let name = record.name.map(String::into_boxed_str);
            lists.contacts.insert(record.id, name);
        });
    }

    fn load_invite(&mut self, record: InviteRecord) {
        if record.used.is_none() {
            self.with(record.owner, |lists| {
                lists.open_invites = lists.open_invites.saturating_add(1)
            });
        }
        self.invites.insert(record.code.clone(), record);
    }

    fn with(&mut self, id: PersonId, change: impl FnOnce(&mut Lists)) {
        if let Some(lists) = self.lists_mut(id) {
            change(lists);
        }
    }
}

/// What records of one table are ordered by: devices by when they were linked, missed calls by when they rang.
fn moment(record: &Record) -> u64 {
    match record {
        Record::Device(it) => it.linked_at.0,
        Record::Missed(it) => it.at.0,
        Record::Person(_)
        | Record::Contact(_)
        | Record::Block(_)
        | Record::Known(_)
        | Record::Invite(_)
        | Record::Call(_) => 0,
    }
}
