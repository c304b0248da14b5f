//! Who a key is, and how others find them.

use magpie_hub::{Answer, Card, ErrorCode, HandleChange, Number, RequestBody};

use crate::world::{Page, World, device, endpoint, person, ringing};

fn take(w: &mut World, page: Page, handle: &str) -> Result<Answer, ErrorCode> {
    w.ask(
        page,
        RequestBody::Profile {
            name: None,
            handle: HandleChange::Take(handle.into()),
        },
    )
}

fn look_up(w: &mut World, page: Page, who: impl ToString) -> Result<Card, ErrorCode> {
    match w.ask(
        page,
        RequestBody::Lookup {
            who: who.to_string(),
        },
    )? {
        Answer::Card(card) => Ok(card),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_visit_makes_a_person_with_a_number() {
    let mut w = World::new();
    let page = w.open(1);
    let welcome = w.welcome(page);
    assert_eq!(welcome.me.id, person(1));
    assert_eq!(welcome.endpoint, endpoint(page));
    assert_eq!(welcome.token, "token 1");
    assert!(welcome.me.number.to_string().parse::<Number>().is_ok());
    assert_eq!((welcome.me.handle, welcome.me.name), (None, None));
}

#[test]
fn the_only_device_of_a_first_visit_is_this_one() {
    let mut w = World::new();
    let page = w.open(1);
    let devices = w.welcome(page).me.devices;
    assert_eq!(devices.len(), 1);
    assert_eq!(
        (devices[0].id, devices[0].here, devices[0].label.as_str()),
        (device(1), true, "device 1")
    );
    assert_eq!(devices[0].linked_at, w.now);
}

#[test]
fn number_and_name_survive_a_reload_and_a_restart() {
    let mut w = World::new();
    let page = w.open(1);
    let before = w.welcome(page).me;
    let page = w.reopen(page);
    assert_eq!(w.welcome(page).me, before);
    w.restart();
    let page = w.reopen(page);
    assert_eq!(w.welcome(page).me, before);
}

#[test]
fn people_have_different_numbers() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    assert_ne!(w.number(a), w.number(b));
}

#[test]
fn a_handle_finds_its_owner_with_and_without_the_at_sign() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "鹊桥-Ann").unwrap();
    for typed in ["鹊桥-Ann", "@鹊桥-ann"] {
        let card = look_up(&mut w, b, typed).unwrap();
        assert_eq!(
            (card.id, card.handle.as_deref(), card.number),
            (person(1), Some("鹊桥-Ann"), None)
        );
    }
}

#[test]
fn a_handle_has_one_owner_also_by_its_looks() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "paypal").unwrap();
    for look_alike in ["paypal", "PayPal", "раураl", "paypa1"] {
        assert_eq!(
            take(&mut w, b, look_alike),
            Err(ErrorCode::HandleTaken),
            "{look_alike}"
        );
    }
}

#[test]
fn the_owner_of_a_handle_may_write_it_otherwise() {
    let mut w = World::new();
    let a = w.open(1);
    take(&mut w, a, "ann").unwrap();
    assert!(take(&mut w, a, "Ann").is_ok());
}

#[test]
fn a_handle_given_back_is_free() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "ann").unwrap();
    w.ask(
        a,
        RequestBody::Profile {
            name: None,
            handle: HandleChange::Free,
        },
    )
    .unwrap();
    assert!(take(&mut w, b, "ann").is_ok());
}

#[test]
fn changing_a_handle_frees_the_old_one() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "ann").unwrap();
    take(&mut w, a, "anna").unwrap();
    assert!(take(&mut w, b, "ann").is_ok());
}

#[test]
fn a_handle_survives_a_restart() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "ann").unwrap();
    w.restart();
    let b = w.reopen(b);
    assert_eq!(look_up(&mut w, b, "ann").map(|card| card.id), Ok(person(1)));
    assert_eq!(take(&mut w, b, "ann"), Err(ErrorCode::HandleTaken));
}

#[test]
fn what_is_no_handle_is_refused() {
    let mut w = World::new();
    let a = w.open(1);
    for handle in [
        "a",
        "two words",
        "123456789",
        "i-code",
        "x".repeat(33).as_str(),
    ] {
        assert_eq!(
            take(&mut w, a, handle),
            Err(ErrorCode::BadHandle),
            "{handle}"
        );
    }
}

#[test]
fn a_name_is_changed_and_taken_off() {
    let mut w = World::new();
    let a = w.open(1);
    for (name, shown) in [("  Ann Lee ", Some("Ann Lee")), ("", None)] {
        let body = RequestBody::Profile {
            name: Some(name.into()),
            handle: HandleChange::Keep,
        };
        let Ok(Answer::Me(me)) = w.ask(a, body) else {
            panic!("not me")
        };
        assert_eq!(me.name.as_deref(), shown);
    }
}

#[test]
fn a_name_too_long_or_with_control_characters_is_refused() {
    let mut w = World::new();
    let a = w.open(1);
    for name in ["x".repeat(65), "a\nb".into(), "a\u{202e}b".into()] {
        let body = RequestBody::Profile {
            name: Some(name),
            handle: HandleChange::Keep,
        };
        assert_eq!(w.ask(a, body), Err(ErrorCode::BadName));
    }
}

#[test]
fn a_refused_handle_leaves_the_name_as_it_was() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    take(&mut w, a, "ann").unwrap();
    let body = RequestBody::Profile {
        name: Some("Ann".into()),
        handle: HandleChange::Take("ann".into()),
    };
    assert_eq!(w.ask(b, body), Err(ErrorCode::HandleTaken));
    assert_eq!(look_up(&mut w, a, person(2)).unwrap().name, None);
}

#[test]
fn a_person_is_found_by_number_and_the_number_is_shown_to_who_typed_it() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let number = w.number(a);
    assert_eq!(
        look_up(&mut w, b, &number)
            .unwrap()
            .number
            .unwrap()
            .to_string(),
        number
    );
    assert_eq!(
        look_up(&mut w, b, person(1)).unwrap().number,
        None,
        "not to who did not"
    );
}

#[test]
fn a_callee_learns_the_callers_number() {
    let (mut w, a, b, call) = ringing();
    let number = w.number(a);
    assert_eq!(
        w.view(b, call).unwrap().peer.number.unwrap().to_string(),
        number
    );
    assert_eq!(w.view(a, call).unwrap().peer.number, None);
}

#[test]
fn who_is_a_contact_sees_the_number_and_who_adds_a_contact_does_not() {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.ask(
        a,
        RequestBody::ContactAdd {
            id: person(2),
            name: None,
        },
    )
    .unwrap();
    assert!(look_up(&mut w, b, person(1)).unwrap().number.is_some());
    assert!(look_up(&mut w, a, person(2)).unwrap().number.is_none());
}

#[test]
fn a_number_learnt_survives_a_restart() {
    let (mut w, a, b, call) = ringing();
    w.hangup(a, call);
    w.restart();
    let b = w.reopen(b);
    assert!(look_up(&mut w, b, person(1)).unwrap().number.is_some());
}

#[test]
fn nobody_is_unknown_however_they_are_named() {
    let mut w = World::new();
    let a = w.open(1);
    for who in [
        "nobody",
        "@nobody",
        "100000006",
        "i-k7q2m9xw4rk2",
        &person(9).to_string(),
        "???a",
    ] {
        assert_eq!(
            look_up(&mut w, a, who),
            Err(ErrorCode::UnknownPerson),
            "{who}"
        );
    }
}

#[test]
fn another_page_of_mine_is_told_what_changed() {
    let mut w = World::new();
    let (a, other) = (w.open(1), w.open_tab(1, 2));
    w.forget();
    take(&mut w, a, "ann").unwrap();
    let heard = w.heard(other);
    assert!(
        matches!(&heard[..], [magpie_hub::Event::Me(me)] if me.handle.as_deref() == Some("ann")),
        "{heard:?}"
    );
    assert!(w.heard(a).is_empty(), "who asked is answered, not told");
}
