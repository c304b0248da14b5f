//! What one client, person or address may ask for.

use bytes::Bytes;
use magpie_hub::{
    CallId, CloseReason, Command, ErrorCode, Event, Limits, Rate, RequestBody, Signal,
};

use crate::world::{Page, World, connected, person};

fn look_up(w: &mut World, page: Page, who: &str) -> Result<(), ErrorCode> {
    w.ask(page, RequestBody::Lookup { who: who.into() })
        .map(|_| ())
}

fn errors(w: &mut World, page: Page) -> Vec<ErrorCode> {
    let events = w.heard(page).into_iter();
    events
        .filter_map(|event| match event {
            Event::Error { fault, .. } => Some(fault.code),
            _ => None,
        })
        .collect()
}

fn signal() -> Command {
    Command::Signal(Signal {
        call: CallId([1; 16]),
        frame: Bytes::new(),
    })
}

#[test]
fn three_hundred_messages_at_once_pass_and_one_more_does_not() {
    let (mut w, a, b, call) = connected();
    w.wait(10_000);
    for _ in 0..301 {
        w.signal(a, call, "x");
    }
    assert_eq!(w.frames(b).len(), 300);
    assert_eq!(errors(&mut w, a), [ErrorCode::Rate]);
}

#[test]
fn a_hundred_messages_a_second_pass_for_ever() {
    let (mut w, a, b, call) = connected();
    for _ in 0..1_000 {
        w.wait(10);
        w.signal(a, call, "x");
    }
    assert_eq!(w.frames(b).len(), 1_000);
}

#[test]
fn a_request_that_is_dropped_says_when_to_try_again() {
    let mut w = World::with(Limits {
        messages: Rate {
            burst: 1,
            every_ms: 10,
        },
        ..Limits::default()
    });
    let a = w.open(1);
    w.forget();
    w.send(a, signal());
    assert_eq!(look_up(&mut w, a, "x"), Err(ErrorCode::Rate));
    w.wait(10);
    assert_eq!(
        look_up(&mut w, a, "somebody"),
        Err(ErrorCode::UnknownPerson)
    );
}

#[test]
fn a_flood_is_answered_sparingly_and_closed_at_a_thousand() {
    let mut w = World::new();
    let a = w.open(1);
    w.forget();
    for _ in 0..1_299 {
        w.send(a, signal());
    }
    assert_eq!(w.closed(a), None);
    w.send(a, signal());
    assert_eq!(w.closed(a), Some(CloseReason::Flood));
    assert_eq!(errors(&mut w, a).len(), 10);
    assert_eq!(w.hub.snapshot().connections, 0);
}

#[test]
fn a_closed_connection_is_heard_no_more() {
    let mut w = World::new();
    let a = w.open(1);
    for _ in 0..1_300 {
        w.send(a, signal());
    }
    w.forget();
    w.send(a, signal());
    w.close(a);
    assert!(w.heard(a).is_empty());
}

fn malformed(w: &mut World, page: Page) {
    w.hub.handle_malformed(w.now, page.conn, Some(3), "wrong");
    w.send(page, signal());
}

#[test]
fn a_malformed_message_is_answered_by_its_number() {
    let mut w = World::new();
    let a = w.open(1);
    w.forget();
    malformed(&mut w, a);
    let heard = w.heard(a);
    assert!(
        matches!(&heard[..], [Event::Error { n: Some(3), fault }] if fault.code == ErrorCode::Malformed),
        "{heard:?}"
    );
    assert_eq!(w.closed(a), None);
}

#[test]
fn twenty_malformed_messages_within_ten_seconds_close() {
    let mut w = World::new();
    let a = w.open(1);
    for _ in 0..19 {
        malformed(&mut w, a);
        w.wait(500);
    }
    assert_eq!(w.closed(a), None);
    malformed(&mut w, a);
    assert_eq!(w.closed(a), Some(CloseReason::Malformed));
}

#[test]
fn an_old_malformed_message_does_not_hide_twenty_new_ones() {
    let mut w = World::new();
    let a = w.open(1);
    malformed(&mut w, a);
    w.wait(9_800);
    for _ in 0..19 {
        w.wait(20);
        assert_eq!(w.closed(a), None);
        malformed(&mut w, a);
    }
    malformed(&mut w, a);
    assert_eq!(w.closed(a), Some(CloseReason::Malformed));
}

#[test]
fn malformed_messages_now_and_then_do_not_close() {
    let mut w = World::new();
    let a = w.open(1);
    for _ in 0..60 {
        malformed(&mut w, a);
        w.wait(600);
    }
    assert_eq!(w.closed(a), None);
}

#[test]
fn new_people_from_one_address_are_limited() {
    let mut w = World::with(Limits {
        new_persons_per_address: Rate {
            burst: 2,
            every_ms: 10_000,
        },
        ..Limits::default()
    });
    let (a, _b, c) = (w.open(1), w.open(2), w.open(3));
    assert_eq!(
        (w.closed(c), errors(&mut w, c)),
        (Some(CloseReason::Flood), vec![ErrorCode::Rate])
    );
    let again = w.reopen(a);
    assert_eq!(w.closed(again), None, "people who are known come in");
    let elsewhere = w.open_from(3, 1, "192.0.2.2");
    assert_eq!(w.closed(elsewhere), None);
    w.wait(10_000);
    let later = w.open(4);
    assert_eq!(w.closed(later), None);
}

#[test]
fn people_are_bounded_in_all() {
    let mut w = World::with(Limits {
        persons: 1,
        ..Limits::default()
    });
    let (_a, b) = (w.open(1), w.open(2));
    assert_eq!(
        (w.closed(b), errors(&mut w, b)),
        (Some(CloseReason::Flood), vec![ErrorCode::Full])
    );
}

#[test]
fn pages_of_one_device_are_bounded() {
    let mut w = World::with(Limits {
        pages_per_device: 2,
        ..Limits::default()
    });
    let (a, _b, c) = (w.open_tab(1, 1), w.open_tab(1, 2), w.open_tab(1, 3));
    assert_eq!(
        (w.closed(c), errors(&mut w, c)),
        (Some(CloseReason::Flood), vec![ErrorCode::Full])
    );
    let again = w.reopen(a);
    assert_eq!(
        w.closed(again),
        None,
        "a page that is open already comes in again"
    );
}

#[test]
fn look_ups_of_one_person_are_limited() {
    let mut w = World::with(Limits {
        lookups_per_person: Rate {
            burst: 2,
            every_ms: 1_000,
        },
        ..Limits::default()
    });
    let (a, b) = (w.open(1), w.open(2));
    for _ in 0..2 {
        assert_eq!(look_up(&mut w, a, "nobody"), Err(ErrorCode::UnknownPerson));
    }
    assert_eq!(look_up(&mut w, a, "nobody"), Err(ErrorCode::Rate));
    assert_eq!(
        w.dial(a, "nobody"),
        Err(ErrorCode::Rate),
        "dialling is looking up"
    );
    assert_eq!(look_up(&mut w, b, "nobody"), Err(ErrorCode::UnknownPerson));
    assert!(w.dial(a, person(2)).is_ok(), "an id cannot be guessed");
}

#[test]
fn look_ups_from_one_address_are_limited_whoever_asks() {
    let mut w = World::with(Limits {
        lookups_per_address: Rate {
            burst: 2,
            every_ms: 1_000,
        },
        ..Limits::default()
    });
    let (a, b) = (w.open(1), w.open(2));
    let c = w.open_from(3, 1, "192.0.2.9");
    assert_eq!(look_up(&mut w, a, "nobody"), Err(ErrorCode::UnknownPerson));
    assert_eq!(look_up(&mut w, b, "nobody"), Err(ErrorCode::UnknownPerson));
    assert_eq!(look_up(&mut w, a, "nobody"), Err(ErrorCode::Rate));
    assert_eq!(look_up(&mut w, c, "nobody"), Err(ErrorCode::UnknownPerson));
}

#[test]
fn calls_placed_by_one_person_are_limited() {
    let mut w = World::with(Limits {
        dials_per_person: Rate {
            burst: 2,
            every_ms: 1_000,
        },
        ..Limits::default()
    });
    let (a, _b) = (w.open(1), w.open(2));
    for _ in 0..2 {
        let call = w.dial(a, person(2)).unwrap();
        assert_eq!(
            w.dial_as(a, call, person(2)),
            Ok(call),
            "asking again is free"
        );
        w.hangup(a, call);
    }
    assert_eq!(w.dial(a, person(2)), Err(ErrorCode::Rate));
    w.wait(1_000);
    assert!(w.dial(a, person(2)).is_ok());
}

#[test]
fn calls_are_bounded_in_all() {
    let mut w = World::with(Limits {
        calls: 1,
        ..Limits::default()
    });
    let (a, _b, c, _d) = (w.open(1), w.open(2), w.open(3), w.open(4));
    w.dial(a, person(2)).unwrap();
    assert_eq!(w.dial(c, person(4)), Err(ErrorCode::Rate));
}

#[test]
fn numbers_learnt_are_bounded_and_the_oldest_go() {
    let mut w = World::with(Limits {
        known_numbers: 1,
        ..Limits::default()
    });
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    for caller in [a, b] {
        let call = w.dial(caller, person(3)).unwrap();
        w.hangup(caller, call);
        w.wait(1);
    }
    let known = w.reopen(c);
    let missed = w.welcome(known).missed;
    assert_eq!(
        missed
            .iter()
            .map(|it| it.from.number.is_some())
            .collect::<Vec<_>>(),
        [false, true]
    );
}
