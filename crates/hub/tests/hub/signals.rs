//! Messages between the two endpoints of a call, and the heart-beat.

use magpie_hub::{CallId, CallState, Command, Decline, EndReason, Event, Limits, RequestBody};

use crate::world::{World, connected, person, ringing};

#[test]
fn a_signal_goes_to_the_other_endpoint_and_to_nobody_else() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let other = w.open_tab(2, 2);
    let call = w.connect(a, b);
    w.signal(a, call, "there");
    w.signal(b, call, "back");
    assert_eq!(w.frames(b), ["there"]);
    assert_eq!(w.frames(a), ["back"]);
    assert!(w.frames(c).is_empty() && w.frames(other).is_empty());
}

#[test]
fn nothing_is_forwarded_before_the_answer_or_after_the_end() {
    let (mut w, a, b, call) = ringing();
    w.signal(a, call, "early");
    w.signal(b, call, "early");
    w.accept(b, call).unwrap();
    w.hangup(a, call);
    w.signal(a, call, "late");
    assert!(w.frames(a).is_empty() && w.frames(b).is_empty());
}

#[test]
fn pages_that_are_not_in_the_call_cannot_speak_in_it() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let other = w.open_tab(2, 2);
    let call = w.connect(a, b);
    w.signal(c, call, "stranger");
    w.signal(other, call, "second page");
    w.signal(a, CallId([77; 16]), "unknown call");
    assert!(w.frames(a).is_empty() && w.frames(b).is_empty());
}

#[test]
fn a_signal_to_an_endpoint_that_is_away_is_dropped() {
    let (mut w, a, b, call) = connected();
    w.close(b);
    w.signal(a, call, "lost");
    let b = w.reopen(b);
    assert!(w.frames(b).is_empty());
    w.signal(a, call, "found");
    assert_eq!(w.frames(b), ["found"]);
}

#[test]
fn signals_keep_their_order() {
    let (mut w, a, b, call) = connected();
    for frame in ["1", "2", "3"] {
        w.signal(a, call, frame);
    }
    assert_eq!(w.frames(b), ["1", "2", "3"]);
}

#[test]
fn sync_brings_what_is_newer_and_then_says_so() {
    let (mut w, a, b, call) = ringing();
    let known = w.view(b, call).unwrap().v;
    w.hangup(a, call);
    w.forget();
    w.send(b, Command::Sync(vec![(call, known)]));
    let heard = w.heard(b);
    let [Event::Call(view), Event::Synced { now }] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!((view.reason, *now), (Some(EndReason::Cancelled), w.now));
}

#[test]
fn sync_brings_nothing_that_is_known() {
    let (mut w, _, b, call) = ringing();
    let known = w.view(b, call).unwrap().v;
    w.send(b, Command::Sync(vec![(call, known)]));
    assert_eq!(w.heard(b), [Event::Synced { now: w.now }]);
}

#[test]
fn sync_brings_a_live_call_the_client_never_heard_of() {
    let (mut w, _, b, call) = ringing();
    w.forget();
    w.send(b, Command::Sync(Vec::new()));
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
}

#[test]
fn sync_brings_the_end_of_a_call_to_the_page_that_dialled_it() {
    let (mut w, a, b, call) = ringing();
    w.ask(
        b,
        RequestBody::Decline {
            call,
            reason: Decline::Plain,
        },
    )
    .unwrap();
    w.forget();
    for page in [a, b] {
        w.send(page, Command::Sync(Vec::new()));
    }
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::Declined)))
    );
    assert_eq!(w.state(b, call), None);
}

#[test]
fn sync_tells_that_an_unknown_call_is_lost() {
    let mut w = World::new();
    let a = w.open(1);
    w.forget();
    w.send(a, Command::Sync(vec![(CallId([77; 16]), 3)]));
    assert_eq!(
        w.heard(a),
        [
            Event::LostCall(CallId([77; 16])),
            Event::Synced { now: w.now }
        ]
    );
}

#[test]
fn sync_about_somebody_elses_call_tells_no_more_than_about_none() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let call = w.connect(a, b);
    w.send(c, Command::Sync(vec![(call, 0)]));
    assert_eq!(
        w.heard(c),
        [Event::LostCall(call), Event::Synced { now: w.now }]
    );
}

#[test]
fn sync_about_a_merged_call_brings_the_one_it_became() {
    let (mut w, _, b, call) = ringing();
    let mine = CallId([99; 16]);
    w.dial_as(b, mine, person(1)).unwrap();
    w.forget();
    w.send(b, Command::Sync(vec![(mine, 0)]));
    assert!(!w.heard(b).contains(&Event::LostCall(mine)));
    assert_ne!(call, mine);
}

#[test]
fn a_silent_connection_is_closed_within_70_seconds() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.wait_with(&[b], 59_000);
    assert_eq!(w.closed(a), None);
    w.wait_with(&[b], 11_000);
    assert_eq!(w.closed(a), Some(magpie_hub::CloseReason::Silent));
    assert_eq!(w.closed(b), None);
}

#[test]
fn nothing_is_due_once_everybody_is_gone() {
    let mut w = World::with(Limits::default());
    let a = w.open(1);
    w.close(a);
    w.wait(60_000);
    assert_eq!(w.hub.poll_timeout(), None);
}
