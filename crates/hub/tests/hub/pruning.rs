//! People nobody needs any more are forgotten, everybody else stays.

use magpie_hub::{HandleChange, Limits, Record, RequestBody};

use crate::linking::link;
use crate::people::{add, block};
use crate::world::{Page, World, device, person};

const DAY_MS: u64 = 24 * 3_600_000;

#[test]
fn who_was_not_seen_for_400_days_and_is_tied_to_nobody_is_forgotten() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    block(&mut w, b, 1);
    let number = w.number(b);
    w.close(b);
    w.wait(399 * DAY_MS);
    visit(&mut w);
    assert!(is_known(&w, 2));
    w.wait(2 * DAY_MS);
    visit(&mut w);
    assert!(!is_known(&w, 2));
    let of_them = [person(2).to_string(), device(2).to_string()];
    let left = w
        .store
        .keys()
        .find(|row| of_them.iter().any(|id| row.key.contains(id)));
    assert_eq!(left, None);
    let a = w.reopen(a);
    assert!(w.dial(a, number).is_err());
}

#[test]
fn who_comes_back_after_that_is_new() {
    let mut w = World::new();
    let b = w.open(2);
    let before = w.number(b);
    w.close(b);
    w.wait(401 * DAY_MS);
    visit(&mut w);
    let b = w.reopen(b);
    assert_ne!(w.number(b), before);
}

#[test]
fn who_comes_back_just_in_time_is_known() {
    let mut w = World::new();
    let b = w.open(2);
    let before = w.number(b);
    w.close(b);
    w.wait(401 * DAY_MS);
    let b = w.reopen(b);
    assert_eq!(w.number(b), before);
}

#[test]
fn a_visit_counts_from_its_day_on_and_survives_a_restart() {
    let mut w = World::new();
    let b = w.open(2);
    w.close(b);
    w.wait(300 * DAY_MS);
    let b = w.reopen(b);
    w.close(b);
    w.wait(300 * DAY_MS);
    w.restart();
    w.wait(98 * DAY_MS);
    visit(&mut w);
    assert!(is_known(&w, 2));
    w.wait(3 * DAY_MS);
    visit(&mut w);
    assert!(!is_known(&w, 2));
}

#[test]
fn a_day_of_connections_is_one_write() {
    let mut w = World::new();
    let b = w.open(2);
    w.close(b);
    let before = w.store.clone();
    w.wait(DAY_MS - 1);
    let b = w.reopen(b);
    assert_eq!(w.store, before);
    w.close(b);
    w.wait(1);
    w.reopen(b);
    assert_ne!(w.store, before);
}

#[test]
fn whoever_is_tied_to_somebody_stays() {
    type Tie = fn(&mut World, Page, Page);
    let ties: [(&str, Tie); 4] = [
        ("a handle", |w, _, b| {
            let handle = HandleChange::Take("bob".into());
            w.ask(b, RequestBody::Profile { name: None, handle })
                .unwrap();
        }),
        ("a contact", |w, _, b| {
            add(w, b, 1).unwrap();
        }),
        ("being a contact", |w, a, _| {
            add(w, a, 2).unwrap();
        }),
        ("a second device", |w, _, b| {
            let second = link(w, b, 3);
            w.close(second);
        }),
    ];
    for (tie, make) in ties {
        let mut w = World::new();
        let (a, b) = (w.open(1), w.open(2));
        make(&mut w, a, b);
        w.close(b);
        w.close(a);
        w.wait(401 * DAY_MS);
        visit(&mut w);
        assert!(is_known(&w, 2), "{tie}");
    }
}

#[test]
fn a_device_that_moved_on_never_comes_back_as_the_person_it_once_was() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let number = w.number(a);
    let second = link(&mut w, a, 3);
    let moved = link(&mut w, b, 1);
    w.ask(moved, RequestBody::Unlink { device: device(2) })
        .unwrap();
    for page in [a, b, second, moved] {
        w.close(page);
    }
    w.wait(401 * DAY_MS);
    let second = w.reopen(second);
    visit(&mut w);
    let moved = w.reopen(moved);
    assert_ne!(w.number(moved), number);
    w.close(second);
    let second = w.reopen(second);
    assert_eq!(w.number(second), number);
}

#[test]
fn who_was_called_lately_stays_until_that_is_long_ago() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.close(b);
    w.wait(300 * DAY_MS);
    let a = w.reopen(a);
    let call = w.dial(a, person(2)).unwrap();
    w.hangup(a, call);
    w.wait(399 * DAY_MS);
    visit(&mut w);
    assert!(is_known(&w, 2));
    w.wait(2 * DAY_MS);
    visit(&mut w);
    assert!(!is_known(&w, 2));
}

#[test]
fn who_is_connected_stays() {
    let mut w = World::with(Limits {
        silent_ms: 500 * DAY_MS,
        ..Limits::default()
    });
    w.open(2);
    w.now = w.now.after(450 * DAY_MS);
    visit(&mut w);
    assert!(is_known(&w, 2));
}

#[test]
fn who_was_taken_off_the_last_contact_list_is_forgotten() {
    for through_a_restart in [false, true] {
        let mut w = World::new();
        let (a, b) = (w.open(1), w.open(2));
        add(&mut w, a, 2).unwrap();
        w.close(b);
        if through_a_restart {
            w.restart();
        }
        let a = w.reopen(a);
        w.ask(a, RequestBody::ContactRemove { id: person(2) })
            .unwrap();
        w.close(a);
        w.wait(401 * DAY_MS);
        visit(&mut w);
        assert!(!is_known(&w, 2));
    }
}

#[test]
fn a_large_directory_is_looked_through_a_few_people_at_a_time() {
    let mut w = World::new();
    for device in 1..=100 {
        let page = w.open(device);
        w.close(page);
    }
    w.wait(401 * DAY_MS);
    let mut left = Vec::new();
    for _ in 0..7 {
        visit(&mut w);
        left.push((1..=100).filter(|device| is_known(&w, *device)).count());
    }
    assert_eq!(left, [84, 68, 52, 36, 20, 4, 0]);
}

/// Somebody else comes, and is gone again.
fn visit(w: &mut World) {
    let visitor = w.open(200);
    w.close(visitor);
}

fn is_known(w: &World, device: u8) -> bool {
    let is_theirs =
        |record: &Record| matches!(record, Record::Person(it) if it.id == person(device));
    w.store.values().any(is_theirs)
}
