//! Devices that join a person, and leave.

use magpie_hub::{
    Answer, CallState, CloseReason, EndReason, ErrorCode, Event, Limits, RequestBody,
};

use crate::world::{Page, World, device, key, person, sign};

/// Lets a new device join the person of a page.
pub(crate) fn link(w: &mut World, host: Page, guest: u8) -> Page {
    let guest = w.open(guest);
    let code = offer(w, host);
    w.ask(guest, RequestBody::LinkClaim { code }).unwrap();
    approve(w, host, guest.device).unwrap();
    w.forget();
    guest
}

fn offer(w: &mut World, host: Page) -> String {
    match w.ask(host, RequestBody::LinkOffer) {
        Ok(Answer::Code { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

fn approve(w: &mut World, host: Page, guest: u8) -> Result<Answer, ErrorCode> {
    let owner = w.open_tab(host.device, 210);
    let owner = w.welcome(owner).me.id;
    let message = format!("magpie-link-1\n{owner}\n{}", device(guest));
    let signature = sign(&key(host.device), message.as_bytes());
    w.ask(
        host,
        RequestBody::LinkApprove {
            device: device(guest),
            signature,
        },
    )
}

fn claim(w: &mut World, guest: Page, code: &str) -> Result<Answer, ErrorCode> {
    w.ask(guest, RequestBody::LinkClaim { code: code.into() })
}

fn unlink(w: &mut World, page: Page, gone: u8) -> Result<Answer, ErrorCode> {
    w.ask(
        page,
        RequestBody::Unlink {
            device: device(gone),
        },
    )
}

#[test]
fn a_code_is_eight_characters_for_five_minutes() {
    let mut w = World::new();
    let a = w.open(1);
    let Ok(Answer::Code { code, expires }) = w.ask(a, RequestBody::LinkOffer) else {
        panic!("no code")
    };
    assert_eq!((code.len(), expires), (8, w.now.after(300_000)));
}

#[test]
fn a_device_joins_by_code_and_signature() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    assert_eq!(claim(&mut w, b, &code), Ok(Answer::Person(person(1))));
    let request = Event::LinkRequest {
        device: device(2),
        label: "device 2".into(),
    };
    assert!(w.heard(a).contains(&request));
    let Ok(Answer::Me(me)) = approve(&mut w, a, 2) else {
        panic!("not me")
    };
    assert_eq!(
        me.devices.iter().map(|it| it.id).collect::<Vec<_>>(),
        [device(1), device(2)]
    );
}

#[test]
fn a_device_that_joined_is_told_who_it_is() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    w.befriend(a, c);
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    w.forget();
    approve(&mut w, a, 2).unwrap();
    let heard = w.heard(b);
    let Some(Event::Linked(linked)) = heard.first() else {
        panic!("{heard:?}")
    };
    assert_eq!(
        (linked.me.id, linked.contacts[0].card.id),
        (person(1), person(3))
    );
    assert_eq!(linked.contacts[0].online, Some(true));
}

#[test]
fn a_device_that_joined_rings_for_its_person_also_after_a_restart() {
    let mut w = World::new();
    let (a, c) = (w.open(1), w.open(3));
    let b = link(&mut w, a, 2);
    w.restart();
    let (b, c) = (w.reopen(b), w.reopen(c));
    assert_eq!(w.welcome(b).me.id, person(1));
    let call = w.dial(c, person(1)).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
}

#[test]
fn a_device_that_joins_sees_the_call_that_rings() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    let call = w.dial(c, person(1)).unwrap();
    approve(&mut w, a, 2).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
}

#[test]
fn the_person_a_device_was_before_is_no_more_and_leaves_contacts_behind() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    w.befriend(b, c);
    let number = w.number(b);
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    approve(&mut w, a, 2).unwrap();
    assert_eq!(w.dial(c, number), Err(ErrorCode::UnknownPerson));
    assert_eq!(w.contacts(a)[0].card.id, person(3));
    assert!(w.contacts(c).is_empty());
    assert_eq!(w.hub.snapshot().persons, 2);
    w.restart();
    assert_eq!(w.hub.snapshot().persons, 2);
}

#[test]
fn a_code_serves_one_device() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    assert_eq!(claim(&mut w, c, &code), Err(ErrorCode::BadCode));
    assert_eq!(
        claim(&mut w, b, &code),
        Ok(Answer::Person(person(1))),
        "asked again, it is the same claim"
    );
}

#[test]
fn a_code_may_be_typed_in_capitals_and_groups() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a).to_uppercase();
    assert!(claim(&mut w, b, &format!("{}-{}", &code[..4], &code[4..])).is_ok());
}

#[test]
fn a_code_grows_old() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    w.wait_with(&[a, b], 300_000);
    assert_eq!(claim(&mut w, b, &code), Err(ErrorCode::BadCode));
}

#[test]
fn an_open_code_asked_for_again_is_the_same() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    assert_eq!(offer(&mut w, a), code);
    claim(&mut w, b, &code).unwrap();
    assert_ne!(offer(&mut w, a), code);
}

#[test]
fn guesses_are_limited() {
    let mut w = World::with(Limits::default());
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    for _ in 0..10 {
        assert_eq!(claim(&mut w, b, "22222222"), Err(ErrorCode::BadCode));
    }
    assert_eq!(claim(&mut w, b, &code), Err(ErrorCode::Rate));
}

#[test]
fn ones_own_code_joins_nothing() {
    let mut w = World::new();
    let a = w.open(1);
    let code = offer(&mut w, a);
    assert_eq!(claim(&mut w, a, &code), Err(ErrorCode::BadCode));
}

#[test]
fn a_wrong_signature_lets_nobody_in() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    let by_the_wrong_key = sign(
        &key(2),
        format!("magpie-link-1\n{}\n{}", person(1), device(2)).as_bytes(),
    );
    let over_another_device = sign(
        &key(1),
        format!("magpie-link-1\n{}\n{}", person(1), device(3)).as_bytes(),
    );
    for signature in [by_the_wrong_key, over_another_device] {
        let body = RequestBody::LinkApprove {
            device: device(2),
            signature,
        };
        assert_eq!(w.ask(a, body), Err(ErrorCode::BadProof));
    }
}

#[test]
fn a_device_that_claimed_nothing_is_not_let_in() {
    let mut w = World::new();
    let (a, _b) = (w.open(1), w.open(2));
    offer(&mut w, a);
    assert_eq!(approve(&mut w, a, 2), Err(ErrorCode::BadCode));
}

#[test]
fn an_approval_asked_again_is_done() {
    let mut w = World::new();
    let a = w.open(1);
    link(&mut w, a, 2);
    assert!(matches!(approve(&mut w, a, 2), Ok(Answer::Me(_))));
}

#[test]
fn a_claim_asked_again_after_the_approval_is_done() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    approve(&mut w, a, 2).unwrap();
    assert_eq!(claim(&mut w, b, &code), Ok(Answer::Person(person(1))));
}

#[test]
fn a_rejected_device_is_told_and_cannot_be_let_in_any_more() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    claim(&mut w, b, &code).unwrap();
    w.ask(a, RequestBody::LinkReject { device: device(2) })
        .unwrap();
    let told = w.heard(b).into_iter().any(
        |event| matches!(event, Event::Error { n: None, fault } if fault.code == ErrorCode::LinkRejected),
    );
    assert!(told);
    assert_eq!(approve(&mut w, a, 2), Err(ErrorCode::BadCode));
}

#[test]
fn a_claim_is_told_again_to_who_connects_again() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let code = offer(&mut w, a);
    w.close(a);
    claim(&mut w, b, &code).unwrap();
    let a = w.reopen(a);
    assert!(
        w.heard(a)
            .iter()
            .any(|event| matches!(event, Event::LinkRequest { .. }))
    );
    approve(&mut w, a, 2).unwrap();
    let a = w.reopen(a);
    assert!(
        !w.heard(a)
            .iter()
            .any(|event| matches!(event, Event::LinkRequest { .. })),
        "but not once it is in"
    );
}

#[test]
fn a_device_in_a_call_joins_nobody() {
    let mut w = World::new();
    let (a, b, c) = (w.open(1), w.open(2), w.open(3));
    let code = offer(&mut w, a);
    let call = w.connect(b, c);
    assert_eq!(claim(&mut w, b, &code), Err(ErrorCode::BusyHere));
    w.hangup(b, call);
    claim(&mut w, b, &code).unwrap();
    w.connect(c, b);
    assert_eq!(approve(&mut w, a, 2), Err(ErrorCode::BusyHere));
}

#[test]
fn devices_of_a_person_are_bounded() {
    let mut w = World::with(Limits {
        devices_per_person: 2,
        ..Limits::default()
    });
    let (a, c) = (w.open(1), w.open(3));
    link(&mut w, a, 2);
    let code = offer(&mut w, a);
    claim(&mut w, c, &code).unwrap();
    assert_eq!(approve(&mut w, a, 3), Err(ErrorCode::Full));
}

#[test]
fn an_unlinked_device_is_told_and_closed() {
    let mut w = World::new();
    let a = w.open(1);
    let b = link(&mut w, a, 2);
    let Ok(Answer::Me(me)) = unlink(&mut w, a, 2) else {
        panic!("not me")
    };
    assert_eq!(me.devices.len(), 1);
    assert!(w.heard(b).contains(&Event::Unlinked));
    assert_eq!(w.closed(b), Some(CloseReason::Unlinked));
}

#[test]
fn an_unlinked_key_never_serves_again() {
    let mut w = World::new();
    let a = w.open(1);
    let b = link(&mut w, a, 2);
    unlink(&mut w, a, 2).unwrap();
    for _ in 0..2 {
        let again = w.reopen(b);
        assert_eq!(w.closed(again), Some(CloseReason::Unlinked));
        assert!(
            matches!(&w.heard(again)[..], [Event::Error { fault, .. }] if fault.code == ErrorCode::Unlinked)
        );
        w.restart();
    }
}

#[test]
fn any_device_takes_over_from_a_lost_first_one() {
    let mut w = World::new();
    let (a, c) = (w.open(1), w.open(3));
    let number = w.number(a);
    let b = link(&mut w, a, 2);
    unlink(&mut w, b, 1).unwrap();
    assert_eq!(w.closed(a), Some(CloseReason::Unlinked));
    let call = w.dial(c, number).unwrap();
    assert_eq!(w.state(b, call), Some((CallState::Ringing, None)));
    link(&mut w, b, 4);
}

#[test]
fn the_last_device_stays() {
    let mut w = World::new();
    let a = w.open(1);
    assert_eq!(unlink(&mut w, a, 1), Err(ErrorCode::LastDevice));
}

#[test]
fn a_device_can_take_itself_away() {
    let mut w = World::new();
    let a = w.open(1);
    let b = link(&mut w, a, 2);
    assert!(unlink(&mut w, b, 2).is_ok());
    assert_eq!(w.closed(b), Some(CloseReason::Unlinked));
}

#[test]
fn only_ones_own_devices_can_be_unlinked() {
    let mut w = World::new();
    let (a, _c) = (w.open(1), w.open(3));
    link(&mut w, a, 2);
    assert_eq!(unlink(&mut w, a, 3), Err(ErrorCode::UnknownDevice));
    assert_eq!(unlink(&mut w, a, 9), Err(ErrorCode::UnknownDevice));
}

#[test]
fn an_unlink_asked_again_is_done() {
    let mut w = World::new();
    let a = w.open(1);
    link(&mut w, a, 2);
    unlink(&mut w, a, 2).unwrap();
    assert!(unlink(&mut w, a, 2).is_ok());
}

#[test]
fn the_call_of_an_unlinked_device_ends() {
    let mut w = World::new();
    let (a, c) = (w.open(1), w.open(3));
    let b = link(&mut w, a, 2);
    let call = w.dial(b, person(3)).unwrap();
    w.accept(c, call).unwrap();
    unlink(&mut w, a, 2).unwrap();
    assert_eq!(
        w.state(c, call),
        Some((CallState::Ended, Some(EndReason::Hangup)))
    );
}

#[test]
fn the_call_of_an_unlinked_device_that_is_away_ends_too() {
    let mut w = World::new();
    let (a, c) = (w.open(1), w.open(3));
    let b = link(&mut w, a, 2);
    let call = w.dial(b, person(3)).unwrap();
    w.accept(c, call).unwrap();
    w.close(b);
    unlink(&mut w, a, 2).unwrap();
    assert_eq!(
        w.state(c, call),
        Some((CallState::Ended, Some(EndReason::Hangup)))
    );
}
