//! `dial` and `lookup`: from what a person typed to another person, and to a call.

use super::{Hub, Who};
use crate::calls::machine::{Actor, Input};
use crate::directory::InviteFault;
use crate::event::{Answer, ErrorCode, Fault, Media};
use crate::handle::Handle;
use crate::ids::{CallId, PersonId};
use crate::number::Number;
use crate::random::plain_code;
use crate::record::{CallRecord, Ending, Phase};
use crate::time::Millis;

use super::calling::Particulars;

/// Whom somebody means.
enum Target {
    Number(Number),
    Handle(Handle),
    Person(PersonId),
    Invite(String),
}

/// Who that is, and how they were named.
struct Found {
    person: PersonId,
    by_number: bool,
    invite: Option<String>,
}

impl Hub {
    pub(super) fn dial(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        to: &str,
        media: Media,
    ) -> Result<Answer, Fault> {
        if self.calls.resolve(id).is_some() {
            return self.redial(now, who, id);
        }
        let found = self.find(now, who, Target::parse(to)?)?;
        if found.person == who.person {
            return Err(Fault::new(ErrorCode::Oneself, "that is you"));
        }
        if let Some(call) = self.calls.at(who.endpoint) {
            return self.redial_other(now, who, call.record.id, found.person);
        }
        self.guards
            .dials
            .take(now, who.person)
            .map_err(Fault::rate)?;
        if let Some(answer) = self.merge_glare(now, who, id, &found, media)? {
            return Ok(answer);
        }
        self.place(now, who, id, &found, media)
    }

    pub(super) fn lookup(&mut self, now: Millis, who: Who, name: &str) -> Result<Answer, Fault> {
        let target = Target::parse(name)?;
        if let Target::Invite(_) = target {
            return Err(unknown());
        }
        let number = if let Target::Number(number) = &target {
            Some(*number)
        } else {
            None
        };
        let found = self.find(now, who, target)?;
        let mut card = self.directory.card(who.person, found.person);
        // Who asks by number has it already.
        card.number = card.number.or(number);
        Ok(Answer::Card(card))
    }

    /// Answers a `dial` that was asked before: by who asked it, with the call it made or became.
    fn redial(&mut self, now: Millis, who: Who, id: CallId) -> Result<Answer, Fault> {
        let call = self.calls.resolve(id).ok_or_else(unknown)?;
        let real = call.record.id;
        let asked_by = if real == id {
            Some(call.record.caller_endpoint)
        } else {
            call.record.chosen()
        };
        if asked_by != Some(who.endpoint) {
            return Err(Fault::new(ErrorCode::Malformed, "another call has this id"));
        }
        self.apply(now, real, Input::Redial, Particulars::None)?;
        self.show_to(real, who);
        Ok(Answer::Call(real))
    }

    /// Answers a `dial` from an endpoint that is in a call: with that call, if it is with the person dialled.
    fn redial_other(
        &mut self,
        now: Millis,
        who: Who,
        live: CallId,
        to: PersonId,
    ) -> Result<Answer, Fault> {
        let with = self
            .calls
            .get(live)
            .map(|call| call.record.peer(who.person));
        if with != Some(to) {
            return Err(Fault::new(
                ErrorCode::BusyHere,
                "this page is in another call",
            ));
        }
        self.apply(now, live, Input::Redial, Particulars::None)?;
        self.show_to(live, who);
        Ok(Answer::Call(live))
    }

    /// Two who dial each other are in one call: the second `dial` answers the first.
    fn merge_glare(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        found: &Found,
        media: Media,
    ) -> Result<Option<Answer>, Fault> {
        let ringing = self
            .calls
            .ringing_at(who.person)
            .filter(|call| call.record.caller == found.person);
        let Some(real) = ringing.map(|call| call.record.id) else {
            return Ok(None);
        };
        self.answer_here(now, who, real, Actor::Callee, media, Some(id))?;
        self.use_up(found, real);
        if found.by_number {
            self.learn_dialled(now, who, found.person);
        }
        Ok(Some(Answer::Call(real)))
    }

    fn place(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        found: &Found,
        media: Media,
    ) -> Result<Answer, Fault> {
        if self.calls.len() >= self.limits.calls {
            return Err(Fault::rate(self.limits.ended_kept_ms));
        }
        let callee = found.person;
        let blocked = self.directory.is_blocked(callee, who.person);
        let busy = !blocked && self.calls.is_busy(callee);
        let phase = if busy {
            Phase::Ended {
                answer: None,
                why: Ending::Busy,
                at: now,
            }
        } else {
            Phase::Ringing
        };
        let record = CallRecord {
            id,
            v: 1,
            caller: who.person,
            caller_endpoint: who.endpoint,
            caller_media: media,
            callee,
            hidden: blocked || busy,
            merged: Vec::new(),
            started_at: now,
            phase,
        };
        self.calls.insert(now, record, Some(who.conn));
        self.calls
            .set_alerting(id, !blocked && !busy && self.alerts(who.person, callee));
        if found.by_number {
            self.learn_dialled(now, who, callee);
        }
        if !busy {
            self.use_up(found, id);
        }
        if !blocked {
            self.directory.learn_number(
                now,
                callee,
                who.person,
                self.limits.known_numbers,
                &mut self.outbox,
            );
        }
        self.introduce(id);
        if busy {
            self.note_missed(id);
        }
        Ok(Answer::Call(id))
    }

    /// Binds the invite that was dialled, if one was, to a call that rings (or, for a blocked caller, seems to). A busy
    /// callee was not rung, so the invite stays good.
    fn use_up(&mut self, found: &Found, call: CallId) {
        if let Some(code) = &found.invite {
            self.directory.use_invite(code, call, &mut self.outbox);
        }
    }

    fn learn_dialled(&mut self, now: Millis, who: Who, callee: PersonId) {
        self.directory.learn_number(
            now,
            who.person,
            callee,
            self.limits.known_numbers,
            &mut self.outbox,
        );
    }

    /// Finds out whom a target names. What can be guessed is rate-limited, for people and for addresses.
    fn find(&mut self, now: Millis, who: Who, target: Target) -> Result<Found, Fault> {
        if !matches!(target, Target::Person(_)) {
            self.guards
                .lookups
                .take(now, who.person)
                .map_err(Fault::rate)?;
            self.guards
                .site_lookups
                .take(now, who.site)
                .map_err(Fault::rate)?;
        }
        let by_number = matches!(target, Target::Number(_));
        let (person, invite) = match target {
            Target::Number(number) => (self.directory.by_number(number), None),
            Target::Handle(handle) => (self.directory.by_handle(&handle), None),
            Target::Person(id) => (self.directory.exists(id).then_some(id), None),
            Target::Invite(code) => (
                Some(self.directory.invite(now, &code).map_err(invite_fault)?),
                Some(code),
            ),
        };
        Ok(Found {
            person: person.ok_or_else(unknown)?,
            by_number,
            invite,
        })
    }
}

impl Target {
    /// Reads what a person typed.
    fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Ok(Self::Person(id));
        }
        if let Some(code) = text.strip_prefix("i-") {
            return Ok(Self::Invite(plain_code(code)));
        }
        // A handle has a letter; what has none is meant as a number.
        if !text.starts_with('@') && !text.chars().any(char::is_alphabetic) {
            let digits: String = text
                .chars()
                .filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'))
                .collect();
            let bad = |_| {
                Fault::new(
                    ErrorCode::BadNumber,
                    "nine digits, the last of which checks the others",
                )
            };
            return digits.parse().map(Self::Number).map_err(bad);
        }
        Handle::parse(text).map(Self::Handle).ok_or_else(unknown)
    }
}

fn unknown() -> Fault {
    Fault::new(ErrorCode::UnknownPerson, "nobody is known by that")
}

fn invite_fault(fault: InviteFault) -> Fault {
    match fault {
        InviteFault::Unknown => unknown(),
        InviteFault::Used => Fault::new(ErrorCode::InviteUsed, "this invite served another call"),
    }
}
