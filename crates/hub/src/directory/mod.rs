//! People: their devices, numbers, handles and lists.

mod invites;
mod lists;
mod load;
mod pruning;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::event::{Card, DeviceCard, Me};
use crate::handle::Handle;
use crate::hash::{Keyed, Map};
use crate::ids::{DeviceId, PersonId, PublicKey};
use crate::limits::Limits;
use crate::number::Number;
use crate::outbox::Outbox;
use crate::random::Random;
use crate::record::{
    Delegation, DeviceRecord, InviteRecord, MissedRecord, PersonRecord, Record, RecordKey,
};
use crate::time::Millis;

pub(crate) use invites::InviteFault;
pub(crate) use lists::ListFull;

/// All people, with every index kept here and changed together. What changes is put into the outbox at once.
#[derive(Debug)]
pub(crate) struct Directory {
    persons: Map<PersonId, Person>,
    devices: Map<DeviceId, Device>,
    numbers: Map<Number, PersonId>,
    handles: Map<Box<str>, PersonId>,
    invites: BTreeMap<String, InviteRecord>,
    /// Everybody once, in the order in which it is looked whether anybody needs them.
    turns: VecDeque<PersonId>,
}

#[derive(Debug)]
struct Person {
    number: Number,
    handle: Option<Box<str>>,
    name: Option<Box<str>>,
    devices: Vec<DeviceId>,
    /// How many have them on their contact list.
    listed: u32,
    /// Unset for the many who only ever look.
    lists: Option<Box<Lists>>,
}

/// What a person keeps about others.
#[derive(Debug, Default)]
struct Lists {
    contacts: BTreeMap<PersonId, Option<Box<str>>>,
    blocked: BTreeSet<PersonId>,
    known: BTreeMap<PersonId, Millis>,
    missed: VecDeque<MissedRecord>,
    open_invites: usize,
}

static NO_LISTS: Lists = Lists {
    contacts: BTreeMap::new(),
    blocked: BTreeSet::new(),
    known: BTreeMap::new(),
    missed: VecDeque::new(),
    open_invites: 0,
};

#[derive(Debug)]
struct Device {
    key: PublicKey,
    person: PersonId,
    unlinked: bool,
    label: Box<str>,
    linked_at: Millis,
    seen_at: Millis,
    delegation: Option<Box<Delegation>>,
}

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody has come with it before.
    Nobody,
    /// This person's.
    Person(PersonId),
    /// It was unlinked.
    Unlinked,
}

impl Directory {
    pub(crate) fn new(keys: Keyed) -> Self {
        Self {
            persons: Map::with_hasher(keys),
            devices: Map::with_hasher(keys),
            numbers: Map::with_hasher(keys),
            handles: Map::with_hasher(keys),
            invites: BTreeMap::new(),
            turns: VecDeque::new(),
        }
    }

    /// Makes a person of a new key, with a number of their own.
    pub(crate) fn create(
        &mut self,
        now: Millis,
        key: PublicKey,
        label: &str,
        random: &mut Random,
        outbox: &mut Outbox,
    ) -> PersonId {
        let device = key.device();
        let id = device.person();
        let number = self.free_number(random);
        self.numbers.insert(number, id);
        self.persons.insert(id, Person::new(number, vec![device]));
        self.turns.push_back(id);
        let label = Box::from(label);
        self.devices.insert(
            device,
            Device {
                key,
                person: id,
                unlinked: false,
                label,
                linked_at: now,
                seen_at: now,
                delegation: None,
            },
        );
        self.save_person(id, outbox);
        self.save_device(device, outbox);
        id
    }

    /// Notes that a device connected and what it calls itself. The moment is kept to the day, which spares the store a
    /// write per connection.
    pub(crate) fn seen(&mut self, now: Millis, id: DeviceId, label: &str, outbox: &mut Outbox) {
        let Some(device) = self.devices.get_mut(&id) else {
            return;
        };
        let is_new_day = now.since(device.seen_at) >= DAY_MS;
        if !is_new_day && *device.label == *label {
            return;
        }
        device.seen_at = now;
        device.label = Box::from(label);
        self.save_device(id, outbox);
    }

    pub(crate) fn set_name(&mut self, id: PersonId, name: Option<&str>, outbox: &mut Outbox) {
        if let Some(person) = self.persons.get_mut(&id) {
            person.name = name.map(Box::from);
            self.save_person(id, outbox);
        }
    }

    /// Gives a person a handle, if nobody else has it; `false` if somebody has.
    pub(crate) fn set_handle(
        &mut self,
        id: PersonId,
        handle: Option<&Handle>,
        outbox: &mut Outbox,
    ) -> bool {
        if let Some(handle) = handle
            && self
                .handles
                .get(handle.folded.as_str())
                .is_some_and(|owner| *owner != id)
        {
            return false;
        }
        let Some(person) = self.persons.get_mut(&id) else {
            return false;
        };
        if let Some(old) = person.handle.take().and_then(|old| Handle::parse(&old)) {
            self.handles.remove(old.folded.as_str());
        }
        if let Some(handle) = handle {
            person.handle = Some(Box::from(handle.shown.as_str()));
            self.handles.insert(Box::from(handle.folded.as_str()), id);
        }
        self.save_person(id, outbox);
        true
    }

    /// Moves a device to a person who let it in; its old person goes on with their other devices, or is dissolved.
    pub(crate) fn link(
        &mut self,
        now: Millis,
        device: DeviceId,
        to: PersonId,
        delegation: Delegation,
        limits: &Limits,
        outbox: &mut Outbox,
    ) {
        let Some(entry) = self.devices.get_mut(&device) else {
            return;
        };
        let from = std::mem::replace(&mut entry.person, to);
        entry.linked_at = now;
        entry.delegation = Some(Box::new(delegation));
        if let Some(person) = self.persons.get_mut(&from) {
            person.devices.retain(|id| *id != device);
        }
        if let Some(person) = self.persons.get_mut(&to) {
            person.devices.push(device);
        }
        self.save_device(device, outbox);
        if self
            .persons
            .get(&from)
            .is_some_and(|person| person.devices.is_empty())
        {
            self.dissolve(from, to, limits, outbox);
        }
    }

    /// Takes a device from its person for good; the key stays known, so that it never serves again.
    pub(crate) fn unlink(&mut self, device: DeviceId, outbox: &mut Outbox) {
        let Some(entry) = self.devices.get_mut(&device) else {
            return;
        };
        entry.unlinked = true;
        if let Some(person) = self.persons.get_mut(&entry.person) {
            person.devices.retain(|id| *id != device);
        }
        self.save_device(device, outbox);
    }

    pub(crate) fn owner(&self, device: DeviceId) -> Owner {
        match self.devices.get(&device) {
            None => Owner::Nobody,
            Some(Device { unlinked: true, .. }) => Owner::Unlinked,
            Some(device) => Owner::Person(device.person),
        }
    }

    /// Whether this person once had this device, which was unlinked.
    pub(crate) fn was_unlinked_from(&self, device: DeviceId, person: PersonId) -> bool {
        self.devices
            .get(&device)
            .is_some_and(|it| it.unlinked && it.person == person)
    }

    pub(crate) fn key(&self, device: DeviceId) -> Option<&PublicKey> {
        self.devices.get(&device).map(|device| &device.key)
    }

    pub(crate) fn label(&self, device: DeviceId) -> &str {
        self.devices.get(&device).map_or("", |device| &device.label)
    }

    pub(crate) fn exists(&self, id: PersonId) -> bool {
        self.persons.contains_key(&id)
    }

    pub(crate) fn by_number(&self, number: Number) -> Option<PersonId> {
        self.numbers.get(&number).copied()
    }

    pub(crate) fn by_handle(&self, handle: &Handle) -> Option<PersonId> {
        self.handles.get(handle.folded.as_str()).copied()
    }

    pub(crate) fn device_count(&self, id: PersonId) -> usize {
        self.persons
            .get(&id)
            .map_or(0, |person| person.devices.len())
    }

    pub(crate) fn person_count(&self) -> usize {
        self.persons.len()
    }

    pub(crate) fn total_devices(&self) -> usize {
        self.devices.len()
    }

    /// A person as one of their devices sees them.
    pub(crate) fn me(&self, id: PersonId, here: DeviceId) -> Option<Me> {
        let person = self.persons.get(&id)?;
        let devices = person
            .devices
            .iter()
            .filter_map(|device| self.device_card(*device, here))
            .collect();
        Some(Me {
            id,
            number: person.number,
            handle: person.handle.as_deref().map(str::to_owned),
            name: person.name.as_deref().map(str::to_owned),
            devices,
        })
    }

    /// A person as `asker` may see them; of a person who is no more, only the id.
    pub(crate) fn card(&self, asker: PersonId, id: PersonId) -> Card {
        let Some(person) = self.persons.get(&id) else {
            return Card {
                id,
                number: None,
                handle: None,
                name: None,
            };
        };
        let asking = self.persons.get(&asker);
        let petname = asking
            .and_then(|asking| asking.lists().contacts.get(&id))
            .and_then(Option::as_deref);
        let may_know = asking.is_some_and(|asking| asking.lists().known.contains_key(&id));
        Card {
            id,
            number: (may_know || person.lists().contacts.contains_key(&asker))
                .then_some(person.number),
            handle: person.handle.as_deref().map(str::to_owned),
            name: petname.or(person.name.as_deref()).map(str::to_owned),
        }
    }

    fn lists(&self, owner: PersonId) -> &Lists {
        self.persons.get(&owner).map_or(&NO_LISTS, Person::lists)
    }

    fn lists_mut(&mut self, owner: PersonId) -> Option<&mut Lists> {
        let person = self.persons.get_mut(&owner)?;
        Some(person.lists.get_or_insert_default())
    }

    fn device_card(&self, id: DeviceId, here: DeviceId) -> Option<DeviceCard> {
        let device = self.devices.get(&id)?;
        let label = device.label.to_string();
        Some(DeviceCard {
            id,
            label,
            here: id == here,
            linked_at: device.linked_at,
        })
    }

    fn free_number(&self, random: &mut Random) -> Number {
        // There are 90 times as many numbers as people at most, so this ends.
        loop {
            let number = random.number();
            if !self.numbers.contains_key(&number) {
                return number;
            }
        }
    }

    /// Removes a person whose last device joined `heir`, who takes over contacts and blocks as far as there is room.
    fn dissolve(&mut self, id: PersonId, heir: PersonId, limits: &Limits, outbox: &mut Outbox) {
        let lists = self.remove(id, outbox);
        for (other, name) in lists.contacts {
            if other != heir && !self.has_contact(heir, other) {
                // A full list is no reason not to join.
                let _: Result<(), ListFull> =
                    self.add_contact(heir, other, name.as_deref(), limits.contacts, outbox);
            }
        }
        for other in lists.blocked {
            if other != heir {
                let _: Result<(), ListFull> = self.block(heir, other, limits.blocked, outbox);
            }
        }
    }

    /// Takes a person out, with number, handle, invites and lists, and returns the lists.
    fn remove(&mut self, id: PersonId, outbox: &mut Outbox) -> Lists {
        self.set_handle(id, None, outbox);
        self.forget_invites(id, outbox);
        let Some(person) = self.persons.remove(&id) else {
            return Lists::default();
        };
        self.numbers.remove(&person.number);
        outbox.delete(RecordKey::person(id));
        let lists = person.lists.map(|lists| *lists).unwrap_or_default();
        for other in lists.contacts.keys() {
            self.count_listed(*other, |listed| listed.saturating_sub(1));
        }
        lists.delete(id, outbox);
        lists
    }

    fn save_person(&self, id: PersonId, outbox: &mut Outbox) {
        let Some(person) = self.persons.get(&id) else {
            return;
        };
        outbox.put(Record::Person(PersonRecord {
            id,
            number: person.number,
            handle: person.handle.as_deref().map(str::to_owned),
            name: person.name.as_deref().map(str::to_owned),
        }));
    }

    fn save_device(&self, id: DeviceId, outbox: &mut Outbox) {
        let Some(device) = self.devices.get(&id) else {
            return;
        };
        outbox.put(Record::Device(DeviceRecord {
            key: device.key,
            person: device.person,
            unlinked: device.unlinked,
            label: device.label.to_string(),
            linked_at: device.linked_at,
            seen_at: device.seen_at,
            delegation: device.delegation.as_deref().cloned(),
        }));
    }
}

impl Person {
    fn new(number: Number, devices: Vec<DeviceId>) -> Self {
        Self {
            number,
            handle: None,
            name: None,
            devices,
            listed: 0,
            lists: None,
        }
    }

    fn lists(&self) -> &Lists {
        self.lists.as_deref().unwrap_or(&NO_LISTS)
    }
}

const DAY_MS: u64 = 24 * 3_600_000;
