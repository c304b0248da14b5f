//! The hub is killed and another one goes on from the store.

use magpie_hub::{CallState, EndReason, RequestBody};

use crate::world::{World, connected, endpoint, friends, person, ringing};

#[test]
fn an_active_call_goes_on_and_can_be_hung_up() {
    let (mut w, a, b, call) = connected();
    w.restart();
    let (a, b) = (w.reopen(a), w.reopen(b));
    let view = w.view(a, call).unwrap();
    assert_eq!(
        (view.state, view.peer_here, view.peer_endpoint),
        (CallState::Active, true, Some(endpoint(b)))
    );
    w.hangup(a, call);
    assert_eq!(
        w.state(b, call),
        Some((CallState::Ended, Some(EndReason::Hangup)))
    );
}

#[test]
fn versions_go_on_rising() {
    let (mut w, a, b, call) = ringing();
    w.accept(b, call).unwrap();
    let before = w.view(a, call).unwrap().v;
    w.restart();
    let a = w.reopen(a);
    assert!(w.view(a, call).unwrap().v > before);
}

#[test]
fn a_ringing_call_rings_on_for_the_rest_of_its_time() {
    let (mut w, a, b, call) = ringing();
    w.wait(20_000);
    w.restart();
    let (a, b) = (w.reopen(a), w.reopen(b));
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
    w.wait(25_000);
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::NoAnswer)))
    );
}

#[test]
fn a_caller_who_does_not_come_back_cancels() {
    let (mut w, _, b, call) = ringing();
    w.restart();
    let b = w.reopen(b);
    w.wait(30_000);
    assert_eq!(
        w.state(b, call),
        Some((CallState::Ended, Some(EndReason::Cancelled)))
    );
}

#[test]
fn a_call_nobody_comes_back_to_is_lost() {
    let (mut w, a, _, call) = connected();
    w.restart();
    w.wait(30_000);
    let a = w.reopen(a);
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::Lost)))
    );
}

#[test]
fn how_a_call_ended_is_still_known() {
    let (mut w, a, b, call) = connected();
    w.hangup(a, call);
    w.restart();
    let b = w.reopen(b);
    assert_eq!(
        w.state(b, call),
        Some((CallState::Ended, Some(EndReason::Hangup)))
    );
}

#[test]
fn an_accept_asked_again_after_a_restart_is_done() {
    let (mut w, a, b, call) = connected();
    w.restart();
    let (a, b) = (w.reopen(a), w.reopen(b));
    assert!(w.accept(b, call).is_ok());
    assert_eq!(w.state(a, call).map(|it| it.0), Some(CallState::Active));
}

#[test]
fn a_dial_asked_again_after_a_restart_is_the_same_call() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    let call = w.dial(a, person(2)).unwrap();
    w.restart();
    let a = w.reopen(a);
    assert_eq!(w.dial_as(a, call, person(2)), Ok(call));
    assert_eq!(w.hub.snapshot().ringing, 1);
}

#[test]
fn a_forgotten_call_leaves_nothing_in_the_store() {
    let (mut w, a, _, call) = connected();
    w.hangup(a, call);
    w.wait(60_000);
    assert!(
        !w.store
            .keys()
            .any(|key| key.table == magpie_hub::Table::Call)
    );
}

#[test]
fn a_damaged_store_costs_what_is_missing_and_no_more() {
    let (mut w, a, b) = friends();
    w.connect(a, b);
    w.store.retain(|key, _| {
        !(key.table == magpie_hub::Table::Person && key.key == person(2).to_string())
    });
    w.restart();
    let (a, b) = (w.reopen(a), w.reopen(b));
    assert!(w.welcome(b).contacts.is_empty());
    assert_eq!(w.welcome(a).me.id, person(1));
}

#[test]
fn snapshot_counts_agree_after_a_restart() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    w.connect(a, b);
    w.dial(c, person(1)).unwrap();
    w.ask(a, RequestBody::Invite).unwrap();
    let before = w.hub.snapshot();
    w.restart();
    let after = w.hub.snapshot();
    assert_eq!((before.active, before.ended, before.persons), (1, 1, 3));
    assert_eq!(
        (after.active, after.ended, after.persons, after.connections),
        (1, 1, 3, 0)
    );
}
