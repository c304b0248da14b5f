//! Profile, contacts, blocks, missed calls and invites.

use std::collections::VecDeque;

use super::{Hub, Who};
use crate::command::HandleChange;
use crate::event::{Answer, Contact, ErrorCode, Event, Fault};
use crate::handle::Handle;
use crate::ids::{Endpoint, PersonId};
use crate::time::Millis;
use crate::timers::Due;

/// The invites made last: an `invite` that is asked again gets the same one. Every other request is harmless to repeat.
#[derive(Debug, Default)]
pub(super) struct RecentInvites(VecDeque<RecentInvite>);

#[derive(Debug)]
struct RecentInvite {
    asked_by: Endpoint,
    n: u64,
    code: String,
    expires: Millis,
    until: Millis,
}

impl RecentInvites {
    fn get(&self, now: Millis, asked_by: Endpoint, n: u64) -> Option<&RecentInvite> {
        self.0
            .iter()
            .find(|it| it.asked_by == asked_by && it.n == n && it.until > now)
    }

    fn push(&mut self, invite: RecentInvite) {
        if self.0.len() >= RECENT_INVITES {
            self.0.pop_front();
        }
        self.0.push_back(invite);
    }
}

impl Hub {
    pub(super) fn profile(
        &mut self,
        who: Who,
        name: Option<&str>,
        handle: &HandleChange,
    ) -> Result<Answer, Fault> {
        // Both are judged before either is changed.
        let name = name.map(read_name).transpose()?;
        let handle = match handle {
            HandleChange::Keep => None,
            HandleChange::Free => Some(None),
            HandleChange::Take(text) => Some(Some(Handle::parse(text).ok_or_else(bad_handle)?)),
        };
        if let Some(handle) = handle
            && !self
                .directory
                .set_handle(who.person, handle.as_ref(), &mut self.outbox)
        {
            return Err(Fault::new(
                ErrorCode::HandleTaken,
                "somebody has this handle or one that looks like it",
            ));
        }
        if let Some(name) = name {
            self.directory.set_name(who.person, name, &mut self.outbox);
        }
        self.tell_others_me(who);
        self.me(who)
    }

    pub(super) fn contact_add(
        &mut self,
        now: Millis,
        who: Who,
        id: PersonId,
        name: Option<&str>,
    ) -> Result<Answer, Fault> {
        if id == who.person || !self.directory.exists(id) {
            return Err(Fault::new(
                ErrorCode::UnknownPerson,
                "nobody else is known by that",
            ));
        }
        let name = name.map(read_name).transpose()?.flatten();
        self.directory
            .add_contact(who.person, id, name, self.limits.contacts, &mut self.outbox)
            .map_err(|_| Fault::new(ErrorCode::Full, "the contact list is full"))?;
        self.contacts_changed(now, who, id);
        Ok(Answer::Contacts(self.contacts(who.person)))
    }

    pub(super) fn contact_remove(&mut self, now: Millis, who: Who, id: PersonId) -> Answer {
        self.directory
            .remove_contact(who.person, id, &mut self.outbox);
        self.contacts_changed(now, who, id);
        Answer::Contacts(self.contacts(who.person))
    }

    pub(super) fn block(&mut self, now: Millis, who: Who, id: PersonId) -> Result<Answer, Fault> {
        if id == who.person {
            return Err(Fault::new(
                ErrorCode::UnknownPerson,
                "nobody blocks themselves",
            ));
        }
        self.directory
            .block(who.person, id, self.limits.blocked, &mut self.outbox)
            .map_err(|_| Fault::new(ErrorCode::Full, "the block list is full"))?;
        let answer = self.blocked_changed(now, who, id);
        self.silence(who, id);
        Ok(answer)
    }

    pub(super) fn unblock(&mut self, now: Millis, who: Who, id: PersonId) -> Answer {
        self.directory.unblock(who.person, id, &mut self.outbox);
        self.blocked_changed(now, who, id)
    }

    pub(super) fn missed_seen(&mut self, who: Who, up_to: Millis) -> Answer {
        self.directory
            .see_missed(who.person, up_to, &mut self.outbox);
        self.tell_others(who, &Event::MissedSeen { up_to });
        Answer::Done
    }

    pub(super) fn invite(&mut self, now: Millis, who: Who, n: u64) -> Result<Answer, Fault> {
        let recent = self.recent_invites.get(now, who.endpoint, n);
        if let Some(it) = recent.filter(|it| self.directory.invite(now, &it.code).is_ok()) {
            return Ok(Answer::Code {
                code: it.code.clone(),
                expires: it.expires,
            });
        }
        self.guards
            .codes
            .take(now, who.person)
            .map_err(Fault::rate)?;
        let expires = now.after(self.limits.invite_ms);
        let (room, random) = (self.limits.invites, &mut self.random);
        let code = self
            .directory
            .create_invite(who.person, expires, room, random, &mut self.outbox)
            .ok_or_else(|| Fault::new(ErrorCode::Full, "too many unused invites"))?;
        self.timers.add(expires, Due::Invite(code.clone()));
        let until = now.after(REPEATED_MS);
        self.recent_invites.push(RecentInvite {
            asked_by: who.endpoint,
            n,
            code: code.clone(),
            expires,
            until,
        });
        Ok(Answer::Code { code, expires })
    }

    /// The contact list of a person, with what they may know of each.
    pub(super) fn contacts(&self, person: PersonId) -> Vec<Contact> {
        let contacts = self.directory.contacts(person).into_iter();
        contacts
            .map(|id| Contact {
                card: self.directory.card(person, id),
                online: self.presence(person, id),
            })
            .collect()
    }

    pub(super) fn me(&self, who: Who) -> Result<Answer, Fault> {
        let me = self.directory.me(who.person, who.device).map(Answer::Me);
        me.ok_or_else(|| Fault::new(ErrorCode::Internal, "the person is gone"))
    }

    /// Tells my other connections what I look like.
    pub(super) fn tell_others_me(&mut self, who: Who) {
        for other in self.sessions.of(who.person) {
            if other.conn != who.conn
                && let Some(me) = self.directory.me(other.person, other.device)
            {
                self.outbox.send(other.conn, Event::Me(me));
            }
        }
    }

    fn presence(&self, asker: PersonId, id: PersonId) -> Option<bool> {
        self.directory
            .is_mutual(asker, id)
            .then(|| self.sessions.is_present(id))
    }

    /// Tells my other connections my list, and the other person what they may see now.
    fn contacts_changed(&mut self, now: Millis, who: Who, id: PersonId) {
        self.update_alerting(now, who.person);
        self.update_alerting(now, id);
        let mine = Event::Contacts(self.contacts(who.person));
        self.tell_others(who, &mine);
        if self.directory.has_contact(id, who.person) {
            let theirs = self.contacts(id);
            self.tell_person(id, |_| Some(Event::Contacts(theirs.clone())));
        }
    }

    fn blocked_changed(&mut self, now: Millis, who: Who, id: PersonId) -> Answer {
        self.contacts_changed(now, who, id);
        let blocked = self.directory.blocked(who.person);
        self.tell_others(who, &Event::Blocked(blocked.clone()));
        Answer::Blocked(blocked)
    }

    /// Tells my other connections what this one did.
    fn tell_others(&mut self, who: Who, event: &Event) {
        self.tell_person(who.person, |to| {
            (to.conn != who.conn).then(|| event.clone())
        });
    }

    /// Takes a ringing call of somebody who was blocked off every page of mine; for the caller it rings on.
    fn silence(&mut self, who: Who, caller: PersonId) {
        let ringing = self
            .calls
            .ringing_at(who.person)
            .filter(|call| call.record.caller == caller);
        let Some(id) = ringing.map(|call| call.record.id) else {
            return;
        };
        self.calls.hide(id);
        self.save_call(id);
        self.tell_person(who.person, |_| Some(Event::LostCall(id)));
    }
}

/// Reads a name: at most 64 characters, none of which control or reorder text; nothing but blanks is no name.
fn read_name(text: &str) -> Result<Option<&str>, Fault> {
    let text = text.trim();
    let unfit = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().count() > MAX_NAME || text.chars().any(unfit) {
        return Err(Fault::new(
            ErrorCode::BadName,
            "at most 64 characters, without control characters",
        ));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn bad_handle() -> Fault {
    Fault::new(
        ErrorCode::BadHandle,
        "2-32 letters, digits, - and _, with a letter, and not like an invite or an id",
    )
}

/// Characters of a name.
const MAX_NAME: usize = 64;
/// How long a request may be asked again, in milliseconds.
const REPEATED_MS: u64 = 60_000;
/// How many invites are remembered for that.
const RECENT_INVITES: usize = 1_024;
