//! Who shows as online to whom.

use magpie_hub::Event;

use crate::people::{add, block};
use crate::world::{Page, World, friends};

const GRACE_MS: u64 = 5_000;

#[test]
fn presence_is_told_to_those_who_have_each_other_on_their_lists() {
    let (mut w, a, b) = friends();
    w.close(b);
    w.wait(GRACE_MS);
    w.reopen(b);
    assert_eq!(presence(&mut w, a), [false, true]);
    assert_eq!(w.contacts(b)[0].online, Some(true));
}

#[test]
fn presence_is_not_told_to_who_has_me_on_a_list_alone() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    add(&mut w, a, 2).unwrap();
    w.close(b);
    w.wait(GRACE_MS);
    w.reopen(b);
    assert_eq!(presence(&mut w, a), [false; 0]);
    assert_eq!(w.contacts(a)[0].online, None);
}

#[test]
fn a_second_page_changes_nothing_about_presence() {
    let (mut w, a, b) = friends();
    let second = w.open_tab(2, 2);
    w.close(b);
    w.wait(GRACE_MS);
    assert_eq!(presence(&mut w, a), [false; 0]);
    w.close(second);
    w.wait(GRACE_MS);
    assert_eq!(presence(&mut w, a), [false]);
}

#[test]
fn a_page_that_takes_over_is_not_seen_to_leave() {
    let (mut w, a, b) = friends();
    w.reopen(b);
    assert_eq!(presence(&mut w, a), [false; 0]);
}

#[test]
fn who_blocks_shows_no_presence_and_sees_none() {
    let (mut w, a, b) = friends();
    block(&mut w, a, 2);
    assert_eq!(w.contacts(a)[0].online, None);
    assert_eq!(w.contacts(b)[0].online, None);
}

#[test]
fn a_page_that_is_loaded_again_is_not_seen_to_leave() {
    let (mut w, a, b) = friends();
    w.close(b);
    w.wait(GRACE_MS - 1);
    assert_eq!(w.contacts(a)[0].online, Some(true));
    let b = w.reopen(b);
    w.wait_with(&[a, b], 2 * GRACE_MS);
    assert_eq!(presence(&mut w, a), [false; 0]);
}

#[test]
fn who_does_not_come_back_is_seen_to_leave_once() {
    let (mut w, a, b) = friends();
    for _ in 0..3 {
        w.close(b);
        w.wait(GRACE_MS / 2);
        w.reopen(b);
        w.wait(GRACE_MS / 2);
    }
    let b = w.reopen(b);
    w.close(b);
    w.wait(GRACE_MS - 1);
    assert_eq!(presence(&mut w, a), [false; 0]);
    w.wait(1);
    assert_eq!(presence(&mut w, a), [false]);
    assert_eq!(w.contacts(a)[0].online, Some(false));
}

fn presence(w: &mut World, page: Page) -> Vec<bool> {
    let events = w.heard(page).into_iter();
    events
        .filter_map(|event| match event {
            Event::Presence { online, .. } => Some(online),
            _ => None,
        })
        .collect()
}
