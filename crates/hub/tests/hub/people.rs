//! Contacts, blocks, missed calls, invites.

use magpie_hub::{Answer, CallState, EndReason, ErrorCode, Event, Limits, Millis, RequestBody};

use crate::world::{Page, World, connected, friends, person, ringing};

pub(crate) fn add(w: &mut World, page: Page, id: u8) -> Result<Answer, ErrorCode> {
    w.ask(
        page,
        RequestBody::ContactAdd {
            id: person(id),
            name: None,
        },
    )
}

pub(crate) fn block(w: &mut World, page: Page, id: u8) {
    w.ask(page, RequestBody::Block { id: person(id) }).unwrap();
}

fn invite(w: &mut World, page: Page) -> String {
    match w.ask(page, RequestBody::Invite) {
        Ok(Answer::Code { code, .. }) => format!("i-{code}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_other_is_told_when_a_list_becomes_mutual() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    add(&mut w, a, 2).unwrap();
    w.forget();
    add(&mut w, b, 1).unwrap();
    let heard = w.heard(a);
    assert!(
        matches!(&heard[..], [Event::Contacts(list)] if list[0].online == Some(true)),
        "{heard:?}"
    );
}

#[test]
fn a_contact_carries_my_own_name_for_them() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    w.ask(
        a,
        RequestBody::ContactAdd {
            id: person(2),
            name: Some("Bobby".into()),
        },
    )
    .unwrap();
    w.restart();
    let a = w.reopen(a);
    assert_eq!(w.welcome(a).contacts[0].card.name.as_deref(), Some("Bobby"));
}

#[test]
fn a_contact_is_taken_off() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    add(&mut w, a, 2).unwrap();
    let answer = w.ask(a, RequestBody::ContactRemove { id: person(2) });
    assert_eq!(answer, Ok(Answer::Contacts(Vec::new())));
    w.restart();
    let a = w.reopen(a);
    assert!(w.welcome(a).contacts.is_empty());
}

#[test]
fn strangers_to_the_server_and_oneself_are_no_contacts() {
    let mut w = World::new();
    let a = w.open(1);
    assert_eq!(add(&mut w, a, 9), Err(ErrorCode::UnknownPerson));
    assert_eq!(add(&mut w, a, 1), Err(ErrorCode::UnknownPerson));
}

#[test]
fn a_full_contact_list_takes_no_more_but_can_be_changed() {
    let mut w = World::with(Limits {
        contacts: 1,
        ..Limits::default()
    });
    let (a, _b, _c) = (w.open(1), w.open(2), w.open(3));
    add(&mut w, a, 2).unwrap();
    assert_eq!(add(&mut w, a, 3), Err(ErrorCode::Full));
    assert!(add(&mut w, a, 2).is_ok());
}

#[test]
fn alerting_is_told_to_mutual_contacts() {
    let (mut w, a, b) = friends();
    let call = w.dial(a, person(2)).unwrap();
    assert!(w.view(a, call).unwrap().alerting);
    assert!(!w.view(b, call).unwrap().alerting);
}

#[test]
fn alerting_follows_the_callee_who_comes_and_goes() {
    let (mut w, a, b) = friends();
    w.close(b);
    let call = w.dial(a, person(2)).unwrap();
    assert!(!w.view(a, call).unwrap().alerting);
    let b = w.reopen(b);
    assert!(w.view(a, call).unwrap().alerting);
    w.close(b);
    assert!(!w.view(a, call).unwrap().alerting);
}

#[test]
fn alerting_ends_with_the_friendship() {
    for breaks in [
        RequestBody::ContactRemove { id: person(1) },
        RequestBody::Block { id: person(1) },
    ] {
        let mut w = World::new();
        let (a, b) = (w.open(1), w.open(2));
        w.befriend(a, b);
        let call = w.dial(a, person(2)).unwrap();
        w.ask(b, breaks).unwrap();
        let view = w.view(a, call).unwrap();
        assert_eq!((view.state, view.alerting), (CallState::Ringing, false));
    }
}

#[test]
fn alerting_begins_with_the_friendship() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    add(&mut w, a, 2).unwrap();
    let call = w.dial(a, person(2)).unwrap();
    assert!(!w.view(a, call).unwrap().alerting);
    add(&mut w, b, 1).unwrap();
    assert!(w.view(a, call).unwrap().alerting);
}

#[test]
fn a_blocked_caller_hears_ringing_until_no_answer() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    block(&mut w, b, 1);
    w.forget();
    let call = w.dial(a, person(2)).unwrap();
    assert_eq!(w.state(a, call), Some((CallState::Ringing, None)));
    w.wait(45_000);
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::NoAnswer)))
    );
}

#[test]
fn a_blocked_caller_is_seen_nowhere() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    block(&mut w, b, 1);
    w.forget();
    w.dial(a, person(2)).unwrap();
    let second = w.open_tab(2, 2);
    assert!(w.welcome(second).calls.is_empty());
    w.wait(45_000);
    assert!(w.heard(b).is_empty() && w.heard(second).is_empty());
    let third = w.open_tab(2, 3);
    assert!(w.welcome(third).missed.is_empty());
}

#[test]
fn a_blocked_caller_is_not_told_that_the_callee_is_busy() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    w.connect(b, c);
    block(&mut w, b, 1);
    let call = w.dial(a, person(2)).unwrap();
    assert_eq!(w.state(a, call), Some((CallState::Ringing, None)));
}

#[test]
fn a_blocked_caller_does_not_make_the_callee_busy() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    block(&mut w, b, 1);
    w.dial(a, person(2)).unwrap();
    let call = w.dial(c, person(2)).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
}

#[test]
fn a_caller_blocked_while_it_rings_rings_on_for_themselves_alone() {
    let (mut w, a, b, call) = ringing();
    w.forget();
    block(&mut w, b, 1);
    assert!(w.heard(b).contains(&Event::LostCall(call)));
    assert!(w.heard(a).is_empty());
    assert_eq!(w.accept(b, call), Err(ErrorCode::Gone));
    w.wait(45_000);
    assert_eq!(
        w.state(a, call),
        Some((CallState::Ended, Some(EndReason::NoAnswer)))
    );
}

#[test]
fn a_caller_who_was_unblocked_rings_again() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    block(&mut w, b, 1);
    assert_eq!(
        w.ask(b, RequestBody::Unblock { id: person(1) }),
        Ok(Answer::Blocked(Vec::new()))
    );
    let call = w.dial(a, person(2)).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
}

#[test]
fn blocks_survive_a_restart() {
    let mut w = World::new();
    let (_a, b) = (w.open(1), w.open(2));
    block(&mut w, b, 1);
    w.restart();
    let b = w.reopen(b);
    assert_eq!(w.welcome(b).blocked[0].id, person(1));
}

#[test]
fn an_unanswered_or_cancelled_call_is_missed() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.close(b);
    let first = w.dial(a, person(2)).unwrap();
    let at = w.now;
    w.wait(45_000);
    let second = w.dial(a, person(2)).unwrap();
    w.hangup(a, second);
    let b = w.reopen(b);
    let missed = w.welcome(b).missed;
    assert_eq!(
        missed.iter().map(|it| it.call).collect::<Vec<_>>(),
        [first, second]
    );
    assert_eq!((missed[0].at, missed[0].from.id), (at, person(1)));
    assert!(missed[0].from.number.is_some(), "to call back");
}

#[test]
fn an_answered_call_is_not_missed() {
    let (mut w, a, _, call) = connected();
    w.hangup(a, call);
    let second = w.open_tab(2, 2);
    assert!(w.welcome(second).missed.is_empty());
}

#[test]
fn seen_missed_calls_go_and_later_ones_stay() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    for _ in 0..2 {
        let call = w.dial(a, person(2)).unwrap();
        w.hangup(a, call);
        w.wait(1_000);
    }
    let up_to = Millis(w.now.0 - 1_500);
    w.ask(b, RequestBody::MissedSeen { up_to }).unwrap();
    w.restart();
    let b = w.reopen(b);
    assert_eq!(w.welcome(b).missed.len(), 1);
}

#[test]
fn only_the_latest_missed_calls_are_kept() {
    let mut w = World::with(Limits {
        missed: 2,
        ..Limits::default()
    });
    let (a, b) = (w.open(1), w.open(2));
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let call = w.dial(a, person(2)).unwrap();
            w.hangup(a, call);
            call
        })
        .collect();
    let kept = |w: &mut World, page| {
        w.welcome(page)
            .missed
            .iter()
            .map(|it| it.call)
            .collect::<Vec<_>>()
    };
    let b = w.reopen(b);
    assert_eq!(kept(&mut w, b), calls[1..]);
    w.restart();
    let b = w.reopen(b);
    assert_eq!(kept(&mut w, b), calls[1..]);
}

#[test]
fn an_invite_reaches_its_maker_without_their_number() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = invite(&mut w, a);
    let call = w.dial(b, &code).unwrap();
    let view = w.view(b, call).unwrap();
    assert_eq!((view.peer.id, view.peer.number), (person(1), None));
    assert_eq!(w.state(a, call), Some((CallState::Ringing, None)));
}

#[test]
fn an_invite_serves_one_call() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = invite(&mut w, a);
    let call = w.dial(b, &code).unwrap();
    assert_eq!(
        w.dial_as(b, call, &code),
        Ok(call),
        "asked again, it is the same call"
    );
    w.hangup(b, call);
    for page in [b, c] {
        assert_eq!(w.dial(page, &code), Err(ErrorCode::InviteUsed));
    }
}

#[test]
fn a_used_invite_is_used_after_a_restart_too() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = invite(&mut w, a);
    let call = w.dial(b, &code).unwrap();
    w.hangup(b, call);
    w.restart();
    w.wait(61_000);
    let b = w.reopen(b);
    assert_eq!(w.dial(b, &code), Err(ErrorCode::InviteUsed));
}

#[test]
fn an_invite_dialled_in_vain_is_not_used() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = invite(&mut w, a);
    let call = w.connect(b, c);
    assert_eq!(w.dial(b, &code), Err(ErrorCode::BusyHere));
    assert_eq!(w.dial(a, &code), Err(ErrorCode::Oneself));
    w.hangup(b, call);
    assert!(w.dial(b, &code).is_ok());
}

#[test]
fn an_invite_stays_good_when_its_maker_was_busy() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = invite(&mut w, a);
    let other = w.connect(a, c);
    let call = w.dial(b, &code).unwrap();
    let busy = Some((CallState::Ended, Some(EndReason::Busy)));
    assert_eq!(w.state(b, call), busy);
    w.hangup(a, other);
    let call = w.dial(b, &code).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
    w.hangup(b, call);
    assert_eq!(w.dial(b, &code), Err(ErrorCode::InviteUsed));
}

#[test]
fn an_invite_does_not_tell_its_caller_that_they_are_blocked() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = invite(&mut w, a);
    block(&mut w, a, 2);
    let call = w.dial(b, &code).unwrap();
    w.hangup(b, call);
    assert_eq!(w.dial(b, &code), Err(ErrorCode::InviteUsed));
}

#[test]
fn an_invite_grows_old() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = invite(&mut w, a);
    w.wait_with(&[b], 1_000);
    w.close(a);
    w.restart();
    w.wait(Limits::default().invite_ms);
    let b = w.reopen(b);
    assert_eq!(w.dial(b, &code), Err(ErrorCode::UnknownPerson));
    assert!(
        !w.store
            .keys()
            .any(|key| key.table == magpie_hub::Table::Invite)
    );
}

#[test]
fn an_invite_asked_for_again_is_the_same() {
    let mut w = World::new();
    let a = w.open(1);
    let first = w.ask_as(a, 1_000, RequestBody::Invite);
    let a = w.reopen(a);
    assert_eq!(w.ask_as(a, 1_000, RequestBody::Invite), first);
    assert_ne!(w.ask_as(a, 1_001, RequestBody::Invite), first);
}

#[test]
fn unused_invites_are_bounded() {
    let mut w = World::with(Limits {
        invites: 2,
        ..Limits::default()
    });
    let (a, b) = (w.open(1), w.open(2));
    let first = invite(&mut w, a);
    invite(&mut w, a);
    assert_eq!(w.ask(a, RequestBody::Invite), Err(ErrorCode::Full));
    w.dial(b, &first).unwrap();
    assert!(
        w.ask(a, RequestBody::Invite).is_ok(),
        "a used one makes room"
    );
}
