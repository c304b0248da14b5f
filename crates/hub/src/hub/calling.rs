//! Changes of calls: what the table says is carried out, saved and told here, and nowhere else.

use super::{Hub, Who};
use crate::calls::machine::{Input, Over, Verdict, verdict};
use crate::event::{CallState, ErrorCode, Event, Fault};
use crate::ids::{CallId, ConnId, Endpoint, PersonId};
use crate::record::{AnswerRecord, Ending, MissedRecord, Record, RecordKey};
use crate::time::Millis;
use crate::timers::Due;

/// What a verdict needs beyond the table.
pub(super) enum Particulars {
    /// Nothing.
    None,
    /// Who answers, and with what.
    Answer {
        /// The answer.
        answer: AnswerRecord,
        /// Its connection.
        conn: ConnId,
        /// The call dialled the other way that becomes this one.
        merged: Option<CallId>,
    },
    /// Who refuses, and how.
    Decline {
        /// The page.
        by: Endpoint,
        /// The words.
        text: Option<String>,
    },
}

/// Whom a change concerns.
#[derive(Clone, Copy)]
enum Audience {
    /// The caller's endpoint and every page of the callee.
    All,
    /// The two endpoints of an answered call; the callee's other pages see no difference.
    Parties,
    /// The caller's endpoint.
    Caller,
}

impl Hub {
    /// Looks up what an input means for a call and does it.
    ///
    /// # Errors
    ///
    /// What the table refuses.
    pub(super) fn apply(
        &mut self,
        now: Millis,
        id: CallId,
        input: Input,
        particulars: Particulars,
    ) -> Result<(), Fault> {
        let Some(call) = self.calls.get(id) else {
            return Err(gone());
        };
        let state = call.record.state();
        match verdict(state, input) {
            Verdict::Nothing => self.reschedule(id),
            Verdict::Refuse(code) => return Err(refusal(code)),
            Verdict::Show => self.changed(
                id,
                if state == CallState::Ringing {
                    Audience::Caller
                } else {
                    Audience::Parties
                },
            ),
            Verdict::Answer => self.answered(id, particulars),
            Verdict::End(over) => self.ended(now, id, over, particulars),
            Verdict::Forget => self.forget_call(id),
        }
        Ok(())
    }

    /// Notes that an endpoint connected, for the call it is in.
    pub(super) fn call_came(&mut self, now: Millis, endpoint: Endpoint, conn: ConnId) {
        if let Some((id, role)) = self.calls.set_here(now, endpoint, Some(conn)) {
            self.let_happen(now, id, Input::Came(role));
        }
    }

    /// Notes that an endpoint lost its connection, for the call it is in.
    pub(super) fn call_went(&mut self, now: Millis, endpoint: Endpoint) {
        if let Some((id, role)) = self.calls.set_here(now, endpoint, None) {
            self.let_happen(now, id, Input::Went(role));
        }
    }

    pub(super) fn call_due(&mut self, now: Millis, id: CallId) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let input = call.due(now, &self.limits);
        self.calls.set_timer(id, None);
        self.let_happen(now, id, input);
    }

    /// Tells the caller whether a device of the callee shows the call, if the two are mutual contacts.
    pub(super) fn update_alerting(&mut self, now: Millis, callee: PersonId) {
        let Some(call) = self.calls.ringing_at(callee) else {
            return;
        };
        let (id, caller, before) = (call.record.id, call.record.caller, call.alerting);
        let alerting = self.alerts(caller, callee);
        if alerting != before {
            self.calls.set_alerting(id, alerting);
            self.let_happen(now, id, Input::Alerting);
        }
    }

    pub(super) fn alerts(&self, caller: PersonId, callee: PersonId) -> bool {
        self.sessions.is_online(callee) && self.directory.is_mutual(caller, callee)
    }

    /// Writes a call to the store.
    pub(super) fn save_call(&mut self, id: CallId) {
        if let Some(call) = self.calls.get(id) {
            self.outbox.put(Record::Call(Box::new(call.record.clone())));
        }
    }

    /// Sets the timer of a call by what it waits for.
    pub(super) fn reschedule(&mut self, id: CallId) {
        let deadline = self
            .calls
            .get(id)
            .and_then(|call| call.deadline(&self.limits));
        let before = self.calls.set_timer(id, deadline);
        if before == deadline {
            return;
        }
        if let Some(at) = before {
            self.timers.remove(at, Due::Call(id));
        }
        if let Some(at) = deadline {
            self.timers.add(at, Due::Call(id));
        }
    }

    /// Saves a new call and shows it to everybody it concerns.
    pub(super) fn introduce(&mut self, id: CallId) {
        self.save_call(id);
        self.reschedule(id);
        self.show(id, Audience::All);
    }

    /// Shows a call to one connection.
    pub(super) fn show_to(&mut self, id: CallId, who: Who) {
        let view = self
            .calls
            .get(id)
            .and_then(|call| call.view(who.person, who.endpoint, &self.directory));
        if let Some(view) = view {
            self.outbox.send(who.conn, Event::Call(Box::new(view)));
        }
    }

    /// Notes a call that its callee did not answer, and tells them.
    pub(super) fn note_missed(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let record = &call.record;
        let missed = MissedRecord {
            owner: record.callee,
            call: id,
            from: record.caller,
            at: record.started_at,
            media: record.caller_media,
        };
        self.directory
            .add_missed(missed.clone(), self.limits.missed, &mut self.outbox);
        let event = Event::Missed(self.directory.missed_call(&missed));
        self.tell_person(missed.owner, |_| Some(event.clone()));
    }

    /// Applies an input that nobody waits for an answer to.
    fn let_happen(&mut self, now: Millis, id: CallId, input: Input) {
        let refused = self.apply(now, id, input, Particulars::None);
        debug_assert!(refused.is_ok(), "only what somebody asks for is refused");
    }

    fn changed(&mut self, id: CallId, audience: Audience) {
        self.calls.touch(id);
        self.save_call(id);
        self.reschedule(id);
        self.show(id, audience);
    }

    fn answered(&mut self, id: CallId, particulars: Particulars) {
        let Particulars::Answer {
            answer,
            conn,
            merged,
        } = particulars
        else {
            return;
        };
        self.calls.answer(id, answer, conn, merged);
        self.changed(id, Audience::All);
    }

    fn ended(&mut self, now: Millis, id: CallId, over: Over, particulars: Particulars) {
        let Some(call) = self.calls.get(id) else {
            return;
        };
        let rang = call.record.state() == CallState::Ringing;
        let hidden = call.record.hidden;
        self.calls.end(now, id, ending(over, particulars));
        self.changed(
            id,
            if rang {
                Audience::All
            } else {
                Audience::Parties
            },
        );
        if rang && !hidden && matches!(over, Over::NoAnswer | Over::Cancelled) {
            self.note_missed(id);
        }
    }

    fn forget_call(&mut self, id: CallId) {
        self.calls.remove(id);
        self.outbox.delete(RecordKey::call(id));
    }

    fn show(&mut self, id: CallId, audience: Audience) {
        for who in self.audience(id, audience) {
            self.show_to(id, who);
        }
    }

    fn audience(&self, id: CallId, audience: Audience) -> Vec<Who> {
        let Some(call) = self.calls.get(id) else {
            return Vec::new();
        };
        let record = &call.record;
        let at = |endpoint| {
            self.sessions
                .at(endpoint)
                .and_then(|conn| self.sessions.who(conn))
        };
        let mut all = Vec::from_iter(at(record.caller_endpoint));
        match audience {
            Audience::All if record.hidden => {}
            Audience::All => all.extend(self.sessions.of(record.callee)),
            Audience::Parties => all.extend(record.chosen().and_then(at)),
            Audience::Caller => {}
        }
        all
    }
}

fn ending(over: Over, particulars: Particulars) -> Ending {
    match (over, particulars) {
        (Over::Declined, Particulars::Decline { by, text }) => Ending::Declined { by, text },
        (Over::Hangup, _) => Ending::Hangup,
        (Over::NoAnswer, _) => Ending::NoAnswer,
        (Over::Lost, _) => Ending::Lost,
        (Over::Cancelled | Over::Declined, _) => Ending::Cancelled,
    }
}

pub(super) fn gone() -> Fault {
    refusal(ErrorCode::Gone)
}

fn refusal(code: ErrorCode) -> Fault {
    let detail = match code {
        ErrorCode::AnsweredElsewhere => "another device answered",
        _ => "the call is over, or not yours to answer",
    };
    Fault::new(code, detail)
}
