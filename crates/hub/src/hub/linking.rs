//! Devices join a person by a one-time code and the signature of a device that is in already; they leave for good.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;

use super::{Hub, Who};
use crate::directory::Owner;
use crate::effect::CloseReason;
use crate::event::{Answer, CallState, ErrorCode, Event, Fault, Linked};
use crate::ids::{DeviceId, PersonId};
use crate::random::plain_code;
use crate::record::Delegation;
use crate::time::Millis;
use crate::timers::Due;

/// Link codes: at most one open per offering device, each claimed by at most one device.
#[derive(Debug, Default)]
pub(super) struct Offers {
    by_code: BTreeMap<String, Offer>,
    by_device: BTreeMap<DeviceId, String>,
    by_claimant: BTreeMap<DeviceId, String>,
}

#[derive(Debug)]
struct Offer {
    person: PersonId,
    device: DeviceId,
    expires: Millis,
    claimed_by: Option<DeviceId>,
}

impl Offers {
    /// Forgets a code.
    pub(super) fn expire(&mut self, code: &str) {
        let Some(offer) = self.by_code.remove(code) else {
            return;
        };
        if self
            .by_device
            .get(&offer.device)
            .is_some_and(|open| open == code)
        {
            self.by_device.remove(&offer.device);
        }
        if let Some(claimant) = offer.claimed_by
            && self
                .by_claimant
                .get(&claimant)
                .is_some_and(|claimed| claimed == code)
        {
            self.by_claimant.remove(&claimant);
        }
    }

    /// The code a device offers that nobody has claimed.
    fn open(&self, now: Millis, device: DeviceId) -> Option<(&str, &Offer)> {
        let code = self.by_device.get(&device)?;
        let offer = self
            .by_code
            .get(code)
            .filter(|it| it.claimed_by.is_none() && it.expires > now)?;
        Some((code, offer))
    }

    fn claim(&mut self, code: &str, claimant: DeviceId) {
        if let Some(offer) = self.by_code.get_mut(code) {
            offer.claimed_by = Some(claimant);
            self.by_claimant.insert(claimant, code.to_owned());
        }
    }

    /// Who claimed the code a device offered last.
    fn claimed_of(&self, device: DeviceId) -> Option<DeviceId> {
        self.by_code.get(self.by_device.get(&device)?)?.claimed_by
    }

    /// Whether a device claimed a code of a person.
    fn is_claimed(&self, now: Millis, claimant: DeviceId, person: PersonId) -> bool {
        let offer = self
            .by_claimant
            .get(&claimant)
            .and_then(|code| self.by_code.get(code));
        offer.is_some_and(|it| {
            it.person == person && it.expires > now && it.claimed_by == Some(claimant)
        })
    }

    /// Forgets the code a device claimed.
    fn reject(&mut self, claimant: DeviceId) {
        if let Some(code) = self.by_claimant.remove(&claimant) {
            self.expire(&code);
        }
    }

    /// Forgets the code a device offered.
    fn forget_device(&mut self, device: DeviceId) {
        if let Some(code) = self.by_device.remove(&device) {
            self.expire(&code);
        }
    }
}

impl Offer {
    /// Whether somebody else may claim it.
    fn is_free(&self, now: Millis, claimant: PersonId) -> bool {
        self.claimed_by.is_none() && self.expires > now && self.person != claimant
    }
}

impl Hub {
    pub(super) fn link_offer(&mut self, now: Millis, who: Who) -> Result<Answer, Fault> {
        if let Some((code, offer)) = self.offers.open(now, who.device) {
            return Ok(Answer::Code {
                code: code.to_owned(),
                expires: offer.expires,
            });
        }
        self.guards
            .codes
            .take(now, who.person)
            .map_err(Fault::rate)?;
        if self.offers.by_code.len() >= self.limits.link_codes {
            return Err(Fault::rate(self.limits.link_code_ms));
        }
        let code = self.random.code(LINK_CODE_LENGTH);
        let expires = now.after(self.limits.link_code_ms);
        let offer = Offer {
            person: who.person,
            device: who.device,
            expires,
            claimed_by: None,
        };
        self.offers.by_code.insert(code.clone(), offer);
        self.offers.by_device.insert(who.device, code.clone());
        self.timers.add(expires, Due::LinkCode(code.clone()));
        Ok(Answer::Code { code, expires })
    }

    pub(super) fn link_claim(
        &mut self,
        now: Millis,
        who: Who,
        typed: &str,
    ) -> Result<Answer, Fault> {
        let code = plain_code(typed);
        // A claim that is asked again costs nothing.
        if let Some(offer) = self
            .offers
            .by_code
            .get(&code)
            .filter(|it| it.claimed_by == Some(who.device))
        {
            return Ok(Answer::Person(offer.person));
        }
        self.guards
            .guesses
            .take(now, who.site)
            .map_err(Fault::rate)?;
        let offer = self
            .offers
            .by_code
            .get(&code)
            .filter(|offer| offer.is_free(now, who.person));
        let (person, offered_by) = offer
            .map(|offer| (offer.person, offer.device))
            .ok_or_else(bad_code)?;
        if self.is_in_call(who.person, who.device) {
            return Err(Fault::new(ErrorCode::BusyHere, "this device is in a call"));
        }
        self.offers.claim(&code, who.device);
        for to in self.sessions.of_device(person, offered_by) {
            self.tell_claim(to);
        }
        Ok(Answer::Person(person))
    }

    /// Tells a device who claimed the code it offered; again at each connection, since a notice can be lost.
    pub(super) fn tell_claim(&mut self, to: Who) {
        let Some(device) = self.offers.claimed_of(to.device) else {
            return;
        };
        if self.directory.owner(device) != Owner::Person(to.person) {
            let label = self.directory.label(device).to_owned();
            self.outbox
                .send(to.conn, Event::LinkRequest { device, label });
        }
    }

    /// Lets a device in that claimed a code of mine.
    pub(super) fn link_approve(
        &mut self,
        now: Millis,
        who: Who,
        device: DeviceId,
        signature: &[u8; 64],
    ) -> Result<Answer, Fault> {
        if self.directory.owner(device) == Owner::Person(who.person) {
            return self.me(who);
        }
        if !self.offers.is_claimed(now, device, who.person) {
            return Err(bad_code());
        }
        let key = self.directory.key(who.device).ok_or_else(bad_code)?;
        if !(self.verify)(key, &link_message(who.person, device), signature) {
            return Err(Fault::new(
                ErrorCode::BadProof,
                "the signature is not right",
            ));
        }
        if self.directory.device_count(who.person) >= self.limits.devices_per_person {
            return Err(Fault::new(ErrorCode::Full, "too many devices"));
        }
        let Owner::Person(from) = self.directory.owner(device) else {
            return Err(bad_code());
        };
        if self.is_in_call(from, device) {
            return Err(Fault::new(ErrorCode::BusyHere, "the device is in a call"));
        }
        let delegation = Delegation {
            by: who.device,
            signature: BASE64URL_NOPAD.encode(signature),
        };
        self.join(now, from, device, who, delegation);
        self.me(who)
    }

    /// Sends a device away that claimed a code of mine.
    pub(super) fn link_reject(&mut self, now: Millis, who: Who, device: DeviceId) -> Answer {
        if self.offers.is_claimed(now, device, who.person)
            && let Owner::Person(person) = self.directory.owner(device)
            && person != who.person
        {
            self.offers.reject(device);
            let fault = Fault::new(ErrorCode::LinkRejected, "the other device said no");
            for to in self.sessions.of_device(person, device) {
                self.outbox.send(
                    to.conn,
                    Event::Error {
                        n: None,
                        fault: fault.clone(),
                    },
                );
            }
        }
        Answer::Done
    }

    /// Takes a device of mine away for good: any device can take away any other, so that a lost one is no danger.
    pub(super) fn unlink(
        &mut self,
        now: Millis,
        who: Who,
        device: DeviceId,
    ) -> Result<Answer, Fault> {
        if self.directory.owner(device) != Owner::Person(who.person) {
            if self.directory.was_unlinked_from(device, who.person) {
                return self.me(who);
            }
            return Err(Fault::new(ErrorCode::UnknownDevice, "none of your devices"));
        }
        if self.directory.device_count(who.person) < 2 {
            return Err(Fault::new(
                ErrorCode::LastDevice,
                "a person's only device stays",
            ));
        }
        self.end_calls_of(now, who.person, device);
        self.directory.unlink(device, &mut self.outbox);
        self.offers.forget_device(device);
        for gone in self.sessions.of_device(who.person, device) {
            self.outbox.send(gone.conn, Event::Unlinked);
            self.close(now, gone.conn, CloseReason::Unlinked);
        }
        self.tell_others_me(who);
        self.me(who)
    }

    /// Moves a device and its connections to the person of `host`.
    fn join(
        &mut self,
        now: Millis,
        from: PersonId,
        device: DeviceId,
        host: Who,
        delegation: Delegation,
    ) {
        let to = host.person;
        let (from_present, to_present) =
            (self.sessions.is_present(from), self.sessions.is_present(to));
        let conns = self.sessions.of_device(from, device);
        for who in &conns {
            self.sessions.rebind(who.conn, to);
        }
        // The contacts of the old person are told while its lists still exist.
        if from_present && !self.sessions.is_online(from) {
            self.gone(from);
            self.update_alerting(now, from);
        }
        self.directory
            .link(now, device, to, delegation, &self.limits, &mut self.outbox);
        if self.sessions.is_online(to) {
            self.came(now, to, to_present);
        }
        for who in conns {
            self.tell_linked(Who { person: to, ..who });
        }
        self.tell_others_me(host);
    }

    /// Gives a device everything of the person it joined.
    fn tell_linked(&mut self, who: Who) {
        let Some(me) = self.directory.me(who.person, who.device) else {
            return;
        };
        let linked = Linked {
            me,
            missed: self.directory.missed(who.person),
            contacts: self.contacts(who.person),
            blocked: self.directory.blocked(who.person),
        };
        self.outbox.send(who.conn, Event::Linked(Box::new(linked)));
        for view in self.views(who) {
            if view.state != CallState::Ended {
                self.outbox.send(who.conn, Event::Call(Box::new(view)));
            }
        }
    }

    fn end_calls_of(&mut self, now: Millis, person: PersonId, device: DeviceId) {
        let calls: Vec<_> = self
            .calls
            .of(person)
            .filter_map(|call| call.endpoint_on(device).map(|at| (call.record.id, at)))
            .collect();
        for (id, endpoint) in calls {
            self.hangup_from(now, person, endpoint, id);
        }
    }

    fn is_in_call(&self, person: PersonId, device: DeviceId) -> bool {
        self.calls
            .of(person)
            .any(|call| call.endpoint_on(device).is_some())
    }
}

fn link_message(person: PersonId, device: DeviceId) -> Vec<u8> {
    format!("magpie-link-1\n{person}\n{device}").into_bytes()
}

fn bad_code() -> Fault {
    Fault::new(ErrorCode::BadCode, "no such code, or nobody claimed it")
}

/// Forty random bits, guessed at most ten times at once.
const LINK_CODE_LENGTH: usize = 8;
