//! `accept`, `decline`, `hangup`.

use super::calling::{Particulars, gone};
use super::{Hub, Who};
use crate::calls::machine::{Actor, Input};
use crate::command::Decline;
use crate::event::{Answer, CallState, ErrorCode, Fault, Media};
use crate::ids::{CallId, Endpoint, PersonId};
use crate::record::AnswerRecord;
use crate::time::Millis;

impl Hub {
    pub(super) fn accept(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        media: Media,
    ) -> Result<Answer, Fault> {
        let (id, actor) = self
            .part_in(who.person, who.endpoint, id)
            .ok_or_else(gone)?;
        self.answer_here(now, who, id, actor, media, None)?;
        Ok(Answer::Done)
    }

    /// Answers a call with the endpoint of `who`, which must be in no other.
    pub(super) fn answer_here(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        actor: Actor,
        media: Media,
        merged: Option<CallId>,
    ) -> Result<(), Fault> {
        let rings = self
            .calls
            .get(id)
            .is_some_and(|call| call.record.state() == CallState::Ringing);
        if rings
            && self
                .calls
                .at(who.endpoint)
                .is_some_and(|other| other.record.id != id)
        {
            return Err(Fault::new(
                ErrorCode::BusyHere,
                "this page is in another call",
            ));
        }
        let answer = AnswerRecord {
            endpoint: who.endpoint,
            media,
            at: now,
        };
        self.apply(
            now,
            id,
            Input::Accept(actor),
            Particulars::Answer {
                answer,
                conn: who.conn,
                merged,
            },
        )?;
        if !rings {
            self.show_to(id, who);
        }
        Ok(())
    }

    pub(super) fn decline(
        &mut self,
        now: Millis,
        who: Who,
        id: CallId,
        reason: Decline,
    ) -> Result<Answer, Fault> {
        let (id, actor) = self
            .part_in(who.person, who.endpoint, id)
            .ok_or_else(gone)?;
        let text = match reason {
            Decline::Plain => None,
            Decline::Text(text) => Some(text),
        };
        self.apply(
            now,
            id,
            Input::Decline(actor),
            Particulars::Decline {
                by: who.endpoint,
                text,
            },
        )?;
        Ok(Answer::Done)
    }

    /// Ends a call for `who`; done as well if there is nothing to end, since it is asked until it is answered.
    pub(super) fn hangup(&mut self, now: Millis, who: Who, id: CallId) -> Answer {
        self.hangup_from(now, who.person, who.endpoint, id);
        Answer::Done
    }

    /// Ends a call for an endpoint, connected or not.
    pub(super) fn hangup_from(
        &mut self,
        now: Millis,
        person: PersonId,
        endpoint: Endpoint,
        id: CallId,
    ) {
        if let Some((id, actor)) = self.part_in(person, endpoint, id) {
            let particulars = Particulars::Decline {
                by: endpoint,
                text: None,
            };
            let refused = self.apply(now, id, Input::Hangup(actor), particulars);
            debug_assert!(refused.is_ok(), "nobody is refused to hang up");
        }
    }

    /// The call with this id, or the one it became, and what somebody is to it.
    fn part_in(&self, person: PersonId, endpoint: Endpoint, id: CallId) -> Option<(CallId, Actor)> {
        let call = self.calls.resolve(id)?;
        Some((call.record.id, call.actor(person, endpoint)?))
    }
}
