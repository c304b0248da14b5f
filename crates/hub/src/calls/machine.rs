//! The table of a call: what each input means in each state.
//!
//! Every pair is written down; there is no arm for "anything else", so a new state or input does not compile until each
//! pair has been thought about.

use crate::event::{CallState, ErrorCode, Role};

/// Something that happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The caller asks again for the same call.
    Redial,
    /// Somebody answers.
    Accept(Actor),
    /// Somebody refuses.
    Decline(Actor),
    /// Somebody hangs up.
    Hangup(Actor),
    /// The endpoint of a side connected.
    Came(Role),
    /// The endpoint of a side lost its connection.
    Went(Role),
    /// A device of the callee shows the call, or none does any more, and the caller may know.
    Alerting,
    /// It rang for too long.
    RangOut,
    /// The caller's endpoint was gone for too long.
    CallerGone,
    /// Both endpoints were gone for too long.
    BothGone,
    /// It was over long enough.
    KeptLong,
}

/// Who acts on a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The endpoint that dialled.
    Caller,
    /// The endpoint of the callee that answered or refused.
    Chosen,
    /// Another endpoint of the callee; while it rings, any.
    Callee,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing; whoever asked is told that it is done.
    Nothing,
    /// The call stays as it is, and its views show something else.
    Show,
    /// The call is answered.
    Answer,
    /// The call is over.
    End(Over),
    /// Whoever asked is refused.
    Refuse(ErrorCode),
    /// The call is forgotten.
    Forget,
}

/// Why a call is over, without the particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Hangup,
    Cancelled,
    Declined,
    NoAnswer,
    Lost,
}

/// Looks a pair up.
pub(crate) fn verdict(state: CallState, input: Input) -> Verdict {
    match state {
        CallState::Ringing => ringing(input),
        CallState::Active => active(input),
        CallState::Ended => ended(input),
    }
}

fn ringing(input: Input) -> Verdict {
    match input {
        Input::Redial => Verdict::Nothing,
        Input::Accept(Actor::Callee | Actor::Chosen) => Verdict::Answer,
        Input::Accept(Actor::Caller) => Verdict::Refuse(ErrorCode::Gone),
        Input::Decline(Actor::Callee | Actor::Chosen) => Verdict::End(Over::Declined),
        Input::Decline(Actor::Caller) => Verdict::Refuse(ErrorCode::Gone),
        Input::Hangup(Actor::Caller) => Verdict::End(Over::Cancelled),
        Input::Hangup(Actor::Callee | Actor::Chosen) => Verdict::End(Over::Declined),
        // The callee is told nothing of the caller's connection, and has no endpoint yet.
        Input::Came(Role::Caller | Role::Callee) | Input::Went(Role::Caller | Role::Callee) => {
            Verdict::Nothing
        }
        Input::Alerting => Verdict::Show,
        Input::RangOut => Verdict::End(Over::NoAnswer),
        Input::CallerGone | Input::BothGone => Verdict::End(Over::Cancelled),
        Input::KeptLong => Verdict::Nothing,
    }
}

fn active(input: Input) -> Verdict {
    match input {
        Input::Redial => Verdict::Nothing,
        // Asked again because the first answer was lost.
        Input::Accept(Actor::Chosen) => Verdict::Nothing,
        Input::Accept(Actor::Callee) => Verdict::Refuse(ErrorCode::AnsweredElsewhere),
        Input::Accept(Actor::Caller) => Verdict::Refuse(ErrorCode::Gone),
        Input::Decline(Actor::Caller | Actor::Chosen | Actor::Callee) => {
            Verdict::Refuse(ErrorCode::Gone)
        }
        Input::Hangup(Actor::Caller | Actor::Chosen) => Verdict::End(Over::Hangup),
        Input::Hangup(Actor::Callee) => Verdict::Nothing,
        Input::Came(Role::Caller | Role::Callee) | Input::Went(Role::Caller | Role::Callee) => {
            Verdict::Show
        }
        Input::Alerting | Input::RangOut => Verdict::Nothing,
        // The other one may still wait for them.
        Input::CallerGone => Verdict::Nothing,
        Input::BothGone => Verdict::End(Over::Lost),
        Input::KeptLong => Verdict::Nothing,
    }
}

fn ended(input: Input) -> Verdict {
    match input {
        Input::Redial => Verdict::Nothing,
        Input::Accept(Actor::Caller | Actor::Chosen | Actor::Callee) => {
            Verdict::Refuse(ErrorCode::Gone)
        }
        // Asked again because the first answer was lost.
        Input::Decline(Actor::Chosen) => Verdict::Nothing,
        Input::Decline(Actor::Caller | Actor::Callee) => Verdict::Refuse(ErrorCode::Gone),
        Input::Hangup(Actor::Caller | Actor::Chosen | Actor::Callee) => Verdict::Nothing,
        Input::Came(Role::Caller | Role::Callee) | Input::Went(Role::Caller | Role::Callee) => {
            Verdict::Nothing
        }
        Input::Alerting | Input::RangOut | Input::CallerGone | Input::BothGone => Verdict::Nothing,
        Input::KeptLong => Verdict::Forget,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTORS: [Actor; 3] = [Actor::Caller, Actor::Chosen, Actor::Callee];
    const SIDES: [Role; 2] = [Role::Caller, Role::Callee];
    const STATES: [CallState; 3] = [CallState::Ringing, CallState::Active, CallState::Ended];

    fn inputs() -> Vec<Input> {
        let mut inputs = vec![
            Input::Redial,
            Input::Alerting,
            Input::RangOut,
            Input::CallerGone,
            Input::BothGone,
            Input::KeptLong,
        ];
        for actor in ACTORS {
            inputs.extend([
                Input::Accept(actor),
                Input::Decline(actor),
                Input::Hangup(actor),
            ]);
        }
        inputs.extend(SIDES.map(Input::Came));
        inputs.extend(SIDES.map(Input::Went));
        inputs
    }

    fn pairs(wanted: impl Fn(Verdict) -> bool) -> Vec<(CallState, Input)> {
        let all = STATES
            .into_iter()
            .flat_map(|state| inputs().into_iter().map(move |input| (state, input)));
        all.filter(|(state, input)| wanted(verdict(*state, *input)))
            .collect()
    }

    #[test]
    fn only_a_callee_answers_and_only_while_it_rings() {
        let answers = pairs(|verdict| verdict == Verdict::Answer);
        assert_eq!(
            answers,
            [
                (CallState::Ringing, Input::Accept(Actor::Chosen)),
                (CallState::Ringing, Input::Accept(Actor::Callee)),
            ]
        );
    }

    #[test]
    fn what_is_over_stays_over() {
        let ends =
            pairs(|verdict| matches!(verdict, Verdict::End(_) | Verdict::Answer | Verdict::Show));
        assert!(
            ends.iter().all(|(state, _)| *state != CallState::Ended),
            "{ends:?}"
        );
    }

    #[test]
    fn only_what_is_over_is_forgotten_and_only_by_time() {
        let forgets = pairs(|verdict| verdict == Verdict::Forget);
        assert_eq!(forgets, [(CallState::Ended, Input::KeptLong)]);
    }

    #[test]
    fn only_who_asks_is_refused() {
        let refused = pairs(|verdict| matches!(verdict, Verdict::Refuse(_)));
        assert!(
            refused
                .iter()
                .all(|(_, input)| matches!(input, Input::Accept(_) | Input::Decline(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn everybody_in_a_call_can_end_it() {
        for (state, actor) in [
            (CallState::Ringing, Actor::Caller),
            (CallState::Ringing, Actor::Callee),
            (CallState::Active, Actor::Caller),
            (CallState::Active, Actor::Chosen),
        ] {
            assert!(
                matches!(verdict(state, Input::Hangup(actor)), Verdict::End(_)),
                "{state:?} {actor:?}"
            );
        }
    }

    #[test]
    fn what_was_asked_before_may_be_asked_again() {
        for (state, input) in [
            (CallState::Ringing, Input::Redial),
            (CallState::Active, Input::Redial),
            (CallState::Ended, Input::Redial),
            (CallState::Active, Input::Accept(Actor::Chosen)),
            (CallState::Ended, Input::Decline(Actor::Chosen)),
            (CallState::Ended, Input::Hangup(Actor::Caller)),
        ] {
            assert_eq!(
                verdict(state, input),
                Verdict::Nothing,
                "{state:?} {input:?}"
            );
        }
    }
}
