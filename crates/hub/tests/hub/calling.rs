//! One call between two pages.

use magpie_hub::{
    Answer, CallId, CallState, Decline, EndReason, ErrorCode, Event, Media, RequestBody, Role,
};

use crate::world::{World, connected, endpoint, person, ringing};

const RINGING: Option<(CallState, Option<EndReason>)> = Some((CallState::Ringing, None));
const ACTIVE: Option<(CallState, Option<EndReason>)> = Some((CallState::Active, None));

fn ended(why: EndReason) -> Option<(CallState, Option<EndReason>)> {
    Some((CallState::Ended, Some(why)))
}

#[test]
fn a_dialled_call_rings_on_both_sides() {
    let (mut w, a, b, call) = ringing();
    let (mine, theirs) = (w.view(a, call).unwrap(), w.view(b, call).unwrap());
    assert_eq!(
        (mine.state, mine.role, mine.peer.id),
        (CallState::Ringing, Role::Caller, person(2))
    );
    assert_eq!(
        (theirs.state, theirs.role, theirs.peer.id),
        (CallState::Ringing, Role::Callee, person(1))
    );
    assert_eq!(
        (theirs.media.caller, theirs.media.callee),
        (Media::Video, None)
    );
}

#[test]
fn while_it_rings_neither_learns_an_endpoint_or_presence() {
    let (mut w, a, b, call) = ringing();
    for page in [a, b] {
        let view = w.view(page, call).unwrap();
        assert_eq!(
            (view.peer_endpoint, view.peer_here, view.alerting),
            (None, false, false)
        );
    }
}

#[test]
fn a_call_can_be_dialled_by_number() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let number = w.number(b);
    let call = w.dial(a, &number).unwrap();
    assert_eq!(
        w.view(a, call).unwrap().peer.number.unwrap().to_string(),
        number
    );
    assert_eq!(w.state(b, call), RINGING);
}

#[test]
fn a_number_may_be_typed_in_groups() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let number = w.number(b);
    let grouped = format!("{} {} {}", &number[..3], &number[3..6], &number[6..]);
    assert!(w.dial(a, grouped).is_ok());
}

#[test]
fn a_wrong_number_is_told_from_an_unknown_one() {
    let mut w = World::new();
    let a = w.open(1);
    assert_eq!(w.dial(a, "123456789"), Err(ErrorCode::BadNumber));
    assert_eq!(w.dial(a, "12345"), Err(ErrorCode::BadNumber));
    assert_eq!(w.dial(a, "100000006"), Err(ErrorCode::UnknownPerson));
}

#[test]
fn nobody_calls_themselves() {
    let mut w = World::new();
    let a = w.open(1);
    assert_eq!(w.dial(a, person(1)), Err(ErrorCode::Oneself));
}

#[test]
fn an_answered_call_names_both_endpoints() {
    let (mut w, a, b, call) = ringing();
    assert_eq!(w.accept(b, call), Ok(Answer::Done));
    let (mine, theirs) = (w.view(a, call).unwrap(), w.view(b, call).unwrap());
    assert_eq!(
        (mine.state, mine.peer_endpoint, mine.peer_here),
        (CallState::Active, Some(endpoint(b)), true)
    );
    assert_eq!(
        (theirs.state, theirs.peer_endpoint, theirs.peer_here),
        (CallState::Active, Some(endpoint(a)), true)
    );
    assert_eq!(mine.media.callee, Some(Media::Audio));
    assert_eq!(mine.answered_at, Some(w.now));
}

#[test]
fn either_side_can_hang_up() {
    for caller_hangs_up in [true, false] {
        let mut w = World::new();
        let (a, b) = (w.open(1), w.open(2));
        let call = w.connect(a, b);
        w.hangup(if caller_hangs_up { a } else { b }, call);
        assert_eq!(w.state(a, call), ended(EndReason::Hangup));
        assert_eq!(w.state(b, call), ended(EndReason::Hangup));
    }
}

#[test]
fn a_caller_who_gives_up_cancels() {
    let (mut w, a, b, call) = ringing();
    w.hangup(a, call);
    assert_eq!(w.state(a, call), ended(EndReason::Cancelled));
    assert_eq!(w.state(b, call), ended(EndReason::Cancelled));
}

#[test]
fn a_declined_call_brings_the_words_to_the_caller() {
    let (mut w, a, b, call) = ringing();
    let reason = Decline::Text("back at six".into());
    assert_eq!(
        w.ask(b, RequestBody::Decline { call, reason }),
        Ok(Answer::Done)
    );
    let view = w.view(a, call).unwrap();
    assert_eq!(
        (view.reason, view.text.as_deref()),
        (Some(EndReason::Declined), Some("back at six"))
    );
    assert_eq!(w.state(b, call), ended(EndReason::Declined));
}

#[test]
fn a_declined_call_is_not_missed() {
    let (mut w, _, b, call) = ringing();
    w.ask(
        b,
        RequestBody::Decline {
            call,
            reason: Decline::Plain,
        },
    )
    .unwrap();
    assert!(
        !w.heard(b)
            .iter()
            .any(|event| matches!(event, Event::Missed(_)))
    );
}

#[test]
fn nobody_answers_for_45_seconds_and_it_ends() {
    let (mut w, a, b, call) = ringing();
    w.wait(44_999);
    assert_eq!(w.state(a, call), RINGING);
    w.wait(1);
    assert_eq!(w.state(a, call), ended(EndReason::NoAnswer));
    assert_eq!(w.state(b, call), ended(EndReason::NoAnswer));
}

#[test]
fn a_person_who_is_away_is_rung_all_the_same() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.close(b);
    let call = w.dial(a, person(2)).unwrap();
    w.wait(10_000);
    let b = w.reopen(b);
    assert_eq!(w.state(b, call), RINGING);
    w.accept(b, call).unwrap();
    assert_eq!(w.state(a, call), ACTIVE);
}

#[test]
fn a_caller_away_for_30_seconds_cancels() {
    let (mut w, a, b, call) = ringing();
    w.close(a);
    w.wait(29_999);
    assert_eq!(w.state(b, call), RINGING);
    w.wait(1);
    assert_eq!(w.state(b, call), ended(EndReason::Cancelled));
}

#[test]
fn a_caller_who_comes_back_in_time_rings_on() {
    let (mut w, a, b, call) = ringing();
    w.close(a);
    w.wait(29_000);
    let a = w.reopen(a);
    assert_eq!(w.state(a, call), RINGING);
    w.wait(15_000);
    assert_eq!(w.state(b, call), RINGING);
}

#[test]
fn the_other_side_sees_an_endpoint_go_and_come_back() {
    let (mut w, a, b, call) = connected();
    w.close(b);
    assert!(!w.view(a, call).unwrap().peer_here);
    let b = w.reopen(b);
    assert!(w.view(a, call).unwrap().peer_here);
    assert_eq!(w.state(b, call), ACTIVE);
}

#[test]
fn a_call_waits_for_one_endpoint_for_ever() {
    let (mut w, a, b, call) = connected();
    w.close(b);
    w.forget();
    w.wait_with(&[a], 600_000);
    assert_eq!(w.state(a, call), ACTIVE);
    let b = w.reopen(b);
    assert_eq!(w.state(b, call), ACTIVE);
}

#[test]
fn a_call_without_endpoints_is_lost_after_30_seconds() {
    let (mut w, a, b, call) = connected();
    w.close(b);
    w.wait(20_000);
    w.close(a);
    w.wait(29_999);
    assert_eq!(w.hub.snapshot().active, 1);
    w.wait(1);
    let a = w.reopen(a);
    assert_eq!(w.state(a, call), ended(EndReason::Lost));
}

#[test]
fn an_ended_call_is_remembered_for_a_minute() {
    let (mut w, a, b, call) = connected();
    w.close(b);
    w.hangup(a, call);
    w.wait(59_999);
    let b = w.reopen(b);
    assert_eq!(w.state(b, call), ended(EndReason::Hangup));
    w.wait(1);
    assert_eq!(w.hub.snapshot().ended, 0);
    let b = w.reopen(b);
    assert_eq!(w.state(b, call), None);
}

#[test]
fn a_page_that_connects_again_takes_over_and_stays_in_the_call() {
    let (mut w, a, b, call) = connected();
    let again = w.reopen(b);
    assert_eq!(w.closed(b), Some(magpie_hub::CloseReason::Replaced));
    assert_eq!(w.state(again, call), ACTIVE);
    let seen: Vec<bool> = w.views(a).iter().map(|view| view.peer_here).collect();
    assert_eq!(
        seen,
        [false, true],
        "so that the other side repeats what was lost"
    );
}

#[test]
fn a_third_who_calls_hears_busy() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let call = w.connect(a, b);
    for callee in [1, 2] {
        let third = w.dial(c, person(callee)).unwrap();
        assert_eq!(w.state(c, third), ended(EndReason::Busy));
    }
    assert!(w.views(a).is_empty() && w.views(b).is_empty());
    assert_ne!(call, CallId([0; 16]));
}

#[test]
fn a_person_who_is_ringing_or_dialling_is_busy() {
    let mut w = World::new();
    let (a, _b, c) = (w.open(1), w.open(2), w.open(3));
    w.dial(a, person(2)).unwrap();
    for callee in [1, 2] {
        let third = w.dial(c, person(callee)).unwrap();
        assert_eq!(w.state(c, third), ended(EndReason::Busy));
    }
}

#[test]
fn a_busy_callee_gets_a_missed_call() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    w.connect(a, b);
    let third = w.dial(c, person(2)).unwrap();
    let missed = w.heard(b).into_iter().find_map(|event| match event {
        Event::Missed(missed) => Some(missed),
        _ => None,
    });
    assert_eq!(
        missed.map(|it| (it.call, it.from.id)),
        Some((third, person(3)))
    );
}

#[test]
fn a_page_in_a_call_dials_nobody_else() {
    let mut w = World::new();
    let (a, b, _c) = (w.open(1), w.open(2), w.open(3));
    w.connect(a, b);
    assert_eq!(w.dial(a, person(3)), Err(ErrorCode::BusyHere));
    assert_eq!(w.dial(b, person(3)), Err(ErrorCode::BusyHere));
}

#[test]
fn an_ended_call_leaves_its_pages_free() {
    let (mut w, a, b, call) = connected();
    w.hangup(a, call);
    let next = w.dial(b, person(1)).unwrap();
    assert_eq!(w.state(a, next), RINGING);
}

#[test]
fn two_who_dial_each_other_are_in_one_call() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let first = w.dial(a, person(2)).unwrap();
    let second = w.dial(b, person(1)).unwrap();
    assert_eq!(first, second);
    assert_eq!(w.state(a, first), ACTIVE);
    assert_eq!(w.state(b, first), ACTIVE);
    assert_eq!(w.hub.snapshot().active, 1);
}

#[test]
fn a_merged_dial_asked_again_names_the_same_call() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let first = w.dial(a, person(2)).unwrap();
    let mine = CallId([99; 16]);
    assert_eq!(w.dial_as(b, mine, person(1)), Ok(first));
    assert_eq!(w.dial_as(b, mine, person(1)), Ok(first));
    w.hangup(a, first);
    assert_eq!(
        w.dial_as(b, mine, person(1)),
        Ok(first),
        "also when it is over"
    );
}

#[test]
fn a_merged_call_can_be_hung_up_by_either_id() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let first = w.dial(a, person(2)).unwrap();
    let mine = CallId([99; 16]);
    w.dial_as(b, mine, person(1)).unwrap();
    w.hangup(b, mine);
    assert_eq!(w.state(a, first), ended(EndReason::Hangup));
}

#[test]
fn a_dial_asked_again_is_the_same_call() {
    let (mut w, a, b, call) = ringing();
    w.forget();
    assert_eq!(w.dial_as(a, call, person(2)), Ok(call));
    assert_eq!(w.state(a, call), RINGING);
    assert!(w.views(b).is_empty());
    assert_eq!(w.hub.snapshot().ringing, 1);
}

#[test]
fn a_dial_asked_again_after_the_end_does_not_ring_again() {
    let (mut w, a, b, call) = ringing();
    w.ask(
        b,
        RequestBody::Decline {
            call,
            reason: Decline::Plain,
        },
    )
    .unwrap();
    assert_eq!(w.dial_as(a, call, person(2)), Ok(call));
    assert_eq!(w.state(a, call), ended(EndReason::Declined));
}

#[test]
fn an_accept_asked_again_is_done() {
    let (mut w, _, b, call) = connected();
    assert_eq!(w.accept(b, call), Ok(Answer::Done));
    assert_eq!(w.state(b, call), ACTIVE);
}

#[test]
fn a_decline_asked_again_is_done() {
    let (mut w, _, b, call) = ringing();
    for _ in 0..2 {
        assert_eq!(
            w.ask(
                b,
                RequestBody::Decline {
                    call,
                    reason: Decline::Plain
                }
            ),
            Ok(Answer::Done)
        );
    }
}

#[test]
fn a_call_that_is_over_cannot_be_answered_or_declined() {
    let (mut w, a, b, call) = ringing();
    w.hangup(a, call);
    assert_eq!(w.accept(b, call), Err(ErrorCode::Gone));
    assert_eq!(
        w.ask(
            b,
            RequestBody::Decline {
                call,
                reason: Decline::Plain
            }
        ),
        Err(ErrorCode::Gone)
    );
}

#[test]
fn hanging_up_what_is_over_or_unknown_is_done() {
    let (mut w, a, b, call) = connected();
    w.hangup(a, call);
    w.hangup(b, call);
    w.hangup(a, CallId([88; 16]));
}

#[test]
fn a_caller_cannot_answer_their_own_call() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    let call = w.dial(a, person(2)).unwrap();
    assert_eq!(w.accept(a, call), Err(ErrorCode::Gone));
    assert_eq!(
        w.ask(
            a,
            RequestBody::Decline {
                call,
                reason: Decline::Plain
            }
        ),
        Err(ErrorCode::Gone)
    );
}

#[test]
fn strangers_can_do_nothing_to_a_call() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let ringing = w.dial(a, person(2)).unwrap();
    assert_eq!(w.accept(c, ringing), Err(ErrorCode::Gone));
    assert_eq!(
        w.ask(
            c,
            RequestBody::Decline {
                call: ringing,
                reason: Decline::Plain
            }
        ),
        Err(ErrorCode::Gone)
    );
    w.hangup(c, ringing);
    assert_eq!(w.state(b, ringing), RINGING);
}

#[test]
fn somebody_elses_call_id_cannot_be_dialled() {
    let (mut w, _, _, call) = connected();
    let c = w.open(3);
    assert_eq!(w.dial_as(c, call, person(1)), Err(ErrorCode::Malformed));
}

#[test]
fn dialling_the_person_one_is_in_a_call_with_names_that_call() {
    let (mut w, a, b, call) = connected();
    assert_eq!(w.dial(b, person(1)), Ok(call));
    assert_eq!(w.dial(a, person(2)), Ok(call));
}

#[test]
fn versions_rise_with_every_change() {
    let (mut w, a, b, call) = ringing();
    w.accept(b, call).unwrap();
    w.close(b);
    let b = w.reopen(b);
    w.hangup(b, call);
    let versions: Vec<u64> = w.views(a).iter().map(|view| view.v).collect();
    assert!(
        versions.windows(2).all(|pair| pair[0] < pair[1]),
        "{versions:?}"
    );
    assert_eq!(versions.len(), 5);
}
