//! Several pages and devices of one person.

use magpie_hub::{Answer, CallState, Command, Decline, EndReason, ErrorCode, Event, RequestBody};

use crate::linking::link;
use crate::world::{World, person};

#[test]
fn every_page_of_every_device_rings() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let pages = [b, w.open_tab(2, 2), link(&mut w, b, 3)];
    w.forget();
    let call = w.dial(a, person(2)).unwrap();
    for page in pages {
        assert_eq!(
            w.state(page, call),
            Some((CallState::Ringing, None)),
            "{page:?}"
        );
    }
}

#[test]
fn the_first_to_answer_silences_the_others_at_once() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let others = [w.open_tab(2, 2), link(&mut w, b, 3)];
    let call = w.dial(a, person(2)).unwrap();
    w.accept(b, call).unwrap();
    for page in others {
        assert_eq!(
            w.state(page, call),
            Some((CallState::Ended, Some(EndReason::AnsweredElsewhere)))
        );
    }
}

#[test]
fn the_second_to_answer_is_told() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    w.accept(b, call).unwrap();
    assert_eq!(w.accept(other, call), Err(ErrorCode::AnsweredElsewhere));
}

#[test]
fn other_pages_learn_no_endpoint_of_the_answered_call() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    w.accept(b, call).unwrap();
    let view = w.view(other, call).unwrap();
    assert_eq!((view.peer_endpoint, view.peer_here), (None, false));
}

#[test]
fn one_page_that_declines_speaks_for_all() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    w.ask(
        other,
        RequestBody::Decline {
            call,
            reason: Decline::Text("no".into()),
        },
    )
    .unwrap();
    let view = w.view(b, call).unwrap();
    assert_eq!(
        (view.reason, view.text),
        (Some(EndReason::DeclinedElsewhere), None)
    );
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::Declined)))
    );
}

#[test]
fn other_pages_cannot_hang_up_an_answered_call() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.connect(a, b);
    w.hangup(other, call);
    assert!(w.heard(a).is_empty());
}

#[test]
fn other_pages_hear_nothing_more_of_an_answered_call() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.connect(a, b);
    w.close(a);
    w.reopen(a);
    w.hangup(b, call);
    assert!(w.heard(other).is_empty());
}

#[test]
fn a_page_that_slept_through_the_answer_learns_of_it() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    let known = w.view(other, call).unwrap().v;
    w.close(other);
    w.accept(b, call).unwrap();
    let other = w.reopen(other);
    w.forget();
    w.send(other, Command::Sync(vec![(call, known)]));
    assert_eq!(
        w.state(other, call),
        Some((CallState::Ended, Some(EndReason::AnsweredElsewhere)))
    );
}

#[test]
fn a_page_in_a_call_cannot_answer_another() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    w.dial(other, person(3)).unwrap();
    assert_eq!(w.accept(other, call), Err(ErrorCode::BusyHere));
    assert_eq!(w.accept(b, call), Ok(Answer::Done));
    assert!(!w.views(c).is_empty());
}

#[test]
fn the_callers_other_pages_see_nothing_of_the_call() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    let other = w.open_tab(1, 2);
    w.forget();
    w.dial(a, person(2)).unwrap();
    assert!(
        w.heard(other)
            .iter()
            .all(|event| !matches!(event, Event::Call(_)))
    );
}

#[test]
fn glare_is_answered_by_the_page_that_dialled() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let other = w.open_tab(2, 2);
    let call = w.dial(a, person(2)).unwrap();
    assert_eq!(w.dial(other, person(1)), Ok(call));
    assert_eq!(w.state(other, call), Some((CallState::Active, None)));
    assert_eq!(
        w.state(b, call),
        Some((CallState::Ended, Some(EndReason::AnsweredElsewhere)))
    );
}

#[test]
fn ones_other_pages_learn_whom_one_blocks_and_which_missed_calls_one_saw() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let second = w.open_tab(1, 2);
    w.forget();
    w.ask(a, RequestBody::Block { id: person(2) }).unwrap();
    w.ask(a, RequestBody::Unblock { id: person(2) }).unwrap();
    let up_to = w.now;
    w.ask(a, RequestBody::MissedSeen { up_to }).unwrap();
    let told: Vec<_> = w.heard(second).into_iter().filter_map(news).collect();
    assert_eq!(told, ["1 blocked", "0 blocked", "missed seen"]);
    assert_eq!(w.heard(a).into_iter().filter_map(news).count(), 0);
    assert_eq!(w.heard(b).into_iter().filter_map(news).count(), 0);
}

fn news(event: Event) -> Option<String> {
    match event {
        Event::Blocked(blocked) => Some(format!("{} blocked", blocked.len())),
        Event::MissedSeen { .. } => Some("missed seen".into()),
        _ => None,
    }
}
