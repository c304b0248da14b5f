//! A call as one endpoint should see it.

use super::Call;
use super::machine::Actor;
use crate::directory::Directory;
use crate::event::{CallState, EndReason, MediaKinds, Role, View};
use crate::ids::{Endpoint, PersonId};
use crate::record::{Ending, Phase};

/// Where a call stands for an actor, and why it is over for them.
struct Standing {
    state: CallState,
    reason: Option<EndReason>,
    text: Option<String>,
}

impl Call {
    /// What an endpoint of a person sees; nothing if the call is none of their business.
    pub(crate) fn view(
        &self,
        person: PersonId,
        endpoint: Endpoint,
        directory: &Directory,
    ) -> Option<View> {
        let actor = self.actor(person, endpoint)?;
        let (role, other) = match actor {
            Actor::Caller => (Role::Caller, Role::Callee),
            Actor::Chosen | Actor::Callee => (Role::Callee, Role::Caller),
        };
        let standing = self.standing(actor);
        let active = standing.state == CallState::Active;
        Some(View {
            id: self.record.id,
            v: self.record.v,
            state: standing.state,
            role,
            peer: directory.card(person, self.record.peer(person)),
            media: MediaKinds {
                caller: self.record.caller_media,
                callee: self.record.callee_media(),
            },
            started_at: self.record.started_at,
            answered_at: self.record.answer().map(|answer| answer.at),
            alerting: self.alerting && role == Role::Caller,
            peer_here: active && self.is_here(other),
            peer_endpoint: if active { self.endpoint(other) } else { None },
            reason: standing.reason,
            text: standing.text,
        })
    }

    fn standing(&self, actor: Actor) -> Standing {
        let over = |reason| Standing {
            state: CallState::Ended,
            reason: Some(reason),
            text: None,
        };
        match (&self.record.phase, actor) {
            (Phase::Ringing, Actor::Caller | Actor::Chosen | Actor::Callee) => Standing {
                state: CallState::Ringing,
                reason: None,
                text: None,
            },
            (Phase::Active { .. }, Actor::Caller | Actor::Chosen) => Standing {
                state: CallState::Active,
                reason: None,
                text: None,
            },
            (
                Phase::Active { .. }
                | Phase::Ended {
                    answer: Some(_), ..
                },
                Actor::Callee,
            ) => over(EndReason::AnsweredElsewhere),
            (
                Phase::Ended {
                    why: Ending::Declined { .. },
                    ..
                },
                Actor::Callee,
            ) => over(EndReason::DeclinedElsewhere),
            (
                Phase::Ended {
                    why: Ending::Declined { text, .. },
                    ..
                },
                Actor::Caller | Actor::Chosen,
            ) => Standing {
                text: text.clone(),
                ..over(EndReason::Declined)
            },
            (Phase::Ended { why, .. }, Actor::Caller | Actor::Chosen | Actor::Callee) => {
                over(why.reason())
            }
        }
    }

    fn endpoint(&self, role: Role) -> Option<Endpoint> {
        match role {
            Role::Caller => Some(self.record.caller_endpoint),
            Role::Callee => self.record.answer().map(|answer| answer.endpoint),
        }
    }
}

impl Ending {
    fn reason(&self) -> EndReason {
        match self {
            Self::Hangup => EndReason::Hangup,
            Self::Cancelled => EndReason::Cancelled,
            Self::Declined { .. } => EndReason::Declined,
            Self::Busy => EndReason::Busy,
            Self::NoAnswer => EndReason::NoAnswer,
            Self::Lost => EndReason::Lost,
        }
    }
}
