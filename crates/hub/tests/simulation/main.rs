//! Calls over links and a server that fail: whichever single message is lost, with or without its connection, and wherever
//! the server is killed, everybody ends with the same idea of how the call went.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod client;
mod network;
mod stream;

use client::{OnRing, Script};
use magpie_hub::{CallState, EndReason, PersonId, Record};
use network::{Fault, Network, Part, key};

/// What one page should know when all is over.
type End = Option<(CallState, Option<EndReason>)>;

/// One way a call can go.
struct Story {
    parts: fn() -> Vec<Part>,
    ends: &'static [Option<EndReason>],
    /// Whether the two first pages talked.
    talked: bool,
    ms: u64,
}

const ANSWERED: Story = Story {
    parts: || vec![caller(1, 2, Some(8_000)), page(2, 1, OnRing::Accept(1_000))],
    ends: &[Some(EndReason::Hangup), Some(EndReason::Hangup)],
    talked: true,
    ms: 60_000,
};

const ANSWERED_AND_LEFT_BY_THE_CALLEE: Story = Story {
    parts: || {
        let mut callee = page(2, 1, OnRing::Accept(1_000));
        callee.script.talk = Some(8_000);
        vec![caller(1, 2, None), callee]
    },
    ends: &[Some(EndReason::Hangup), Some(EndReason::Hangup)],
    talked: true,
    ms: 60_000,
};

const DECLINED: Story = Story {
    parts: || vec![caller(1, 2, None), page(2, 1, OnRing::Decline(1_000))],
    ends: &[Some(EndReason::Declined), Some(EndReason::Declined)],
    talked: false,
    ms: 60_000,
};

const CANCELLED: Story = Story {
    parts: || {
        let mut caller = caller(1, 2, None);
        caller.script.patience = Some(3_000);
        vec![caller, page(2, 1, OnRing::Ignore)]
    },
    ends: &[Some(EndReason::Cancelled), Some(EndReason::Cancelled)],
    talked: false,
    ms: 60_000,
};

const UNANSWERED: Story = Story {
    parts: || vec![caller(1, 2, None), page(2, 1, OnRing::Ignore)],
    ends: &[Some(EndReason::NoAnswer), Some(EndReason::NoAnswer)],
    talked: false,
    ms: 80_000,
};

const GLARE: Story = Story {
    parts: || vec![caller(1, 2, Some(8_000)), caller(2, 1, None)],
    ends: &[Some(EndReason::Hangup), Some(EndReason::Hangup)],
    talked: true,
    ms: 60_000,
};

const ANSWERED_ELSEWHERE: Story = Story {
    parts: || {
        vec![
            caller(1, 2, Some(8_000)),
            page(2, 1, OnRing::Accept(1_000)),
            page(2, 2, OnRing::Ignore),
        ]
    },
    ends: &[
        Some(EndReason::Hangup),
        Some(EndReason::Hangup),
        Some(EndReason::AnsweredElsewhere),
    ],
    talked: true,
    ms: 60_000,
};

const DECLINED_ELSEWHERE: Story = Story {
    parts: || {
        vec![
            caller(1, 2, None),
            page(2, 1, OnRing::Decline(1_000)),
            page(2, 2, OnRing::Ignore),
        ]
    },
    ends: &[
        Some(EndReason::Declined),
        Some(EndReason::Declined),
        Some(EndReason::DeclinedElsewhere),
    ],
    talked: false,
    ms: 60_000,
};

/// The third calls while the first two talk.
const BUSY: Story = Story {
    parts: || {
        let mut third = caller(3, 2, None);
        third.script.dial = Some((18_000, person(2)));
        vec![
            caller(1, 2, Some(40_000)),
            page(2, 1, OnRing::Accept(1_000)),
            third,
        ]
    },
    ends: &[
        Some(EndReason::Hangup),
        Some(EndReason::Hangup),
        Some(EndReason::Busy),
    ],
    talked: true,
    ms: 100_000,
};

macro_rules! stories {
    ($($name:ident: $story:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn goes_as_told_when_nothing_fails() {
                run(&$story, Fault::None, true);
            }

            #[test]
            fn goes_as_told_whichever_message_is_lost_with_its_connection() {
                let (messages, _) = run(&$story, Fault::None, true);
                for k in 1..=messages {
                    run(&$story, Fault::Cut(k), false);
                }
            }

            #[test]
            fn goes_as_told_when_only_the_client_notices() {
                let (messages, _) = run(&$story, Fault::None, true);
                for k in 1..=messages {
                    run(&$story, Fault::CutHalf(k), false);
                }
            }

            #[test]
            fn goes_as_told_whichever_message_is_lost_alone() {
                let (messages, _) = run(&$story, Fault::None, true);
                for k in 1..=messages {
                    run(&$story, Fault::Lose(k), false);
                }
            }

            #[test]
            fn goes_as_told_wherever_the_server_is_killed() {
                let (messages, writes) = run(&$story, Fault::None, true);
                for k in 1..=messages {
                    run(&$story, Fault::Kill(k), false);
                }
                for k in 1..=writes {
                    run(&$story, Fault::KillAtWrite(k), false);
                }
            }
        }
    )*};
}

stories! {
    answered: ANSWERED;
    answered_and_left_by_the_callee: ANSWERED_AND_LEFT_BY_THE_CALLEE;
    declined: DECLINED;
    cancelled: CANCELLED;
    unanswered: UNANSWERED;
    glare: GLARE;
    answered_elsewhere: ANSWERED_ELSEWHERE;
    declined_elsewhere: DECLINED_ELSEWHERE;
    busy: BUSY;
}

/// Plays a story and checks how it ended for everybody; returns how many messages and writes it took. `exact` asks that
/// everybody heard of the call: a callee may miss it altogether when messages are lost, which is no disagreement.
fn run(story: &Story, fault: Fault, exact: bool) -> (u64, u64) {
    let mut network = Network::new((story.parts)(), people(), fault);
    network.run(story.ms);
    for (at, why) in story.ends.iter().enumerate() {
        let client = network.client(at);
        let expected: End = why.map(|why| (CallState::Ended, Some(why)));
        let unheard = !exact && at > 0 && client.end().is_none() && !story.talked;
        assert!(
            client.end() == expected || unheard,
            "{fault:?}: page {at} ends with {:?}",
            client.end()
        );
        assert!(
            client.is_settled(),
            "{fault:?}: page {at} waits for an answer"
        );
    }
    if story.talked {
        check_talk(&network, fault);
    }
    (network.messages, network.writes)
}

/// Nothing that was said is lost, doubled or out of order.
fn check_talk(network: &Network, fault: Fault) {
    for (at, other) in [(0, 2), (1, 1)] {
        let stream = &network.client(at).stream;
        let said = ["one", "two", "three"].map(|word| format!("{other} {word}"));
        assert_eq!(stream.received, said, "{fault:?}: page {at}");
        assert!(stream.is_acknowledged(), "{fault:?}: page {at}");
    }
}

/// Three people who are known already, so that their ids can be dialled from the start.
fn people() -> Vec<Record> {
    let parts = (1..=3)
        .map(|device| page(device, 9, OnRing::Ignore))
        .collect();
    let mut network = Network::new(parts, Vec::new(), Fault::None);
    network.run(1_000);
    network.store()
}

fn caller(device: u8, to: u8, talk: Option<u64>) -> Part {
    let script = Script {
        dial: Some((1_000, person(to))),
        talk,
        ..Script::default()
    };
    Part {
        device,
        tab: 1,
        script,
    }
}

fn page(device: u8, tab: u8, on_ring: OnRing) -> Part {
    Part {
        device,
        tab,
        script: Script {
            on_ring,
            ..Script::default()
        },
    }
}

fn person(device: u8) -> PersonId {
    key(device).device().person()
}
