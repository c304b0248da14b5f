//! Who hears whom.

use magpie_doors::engineio::ConnKey;

use crate::lab::{Lab, Visitor, WEBSOCKET};

#[test]
fn pages_of_one_origin_meet_without_a_room() {
    let mut lab = Lab::new();
    let [one, two, stranger] =
        ["https://a.test", "https://a.test", "https://b.test"].map(|origin| {
            lab.join(&Visitor {
                origin: Some(origin),
                ..WEBSOCKET
            })
        });
    assert_eq!(hearers(&mut lab, one), [two]);
    assert_eq!(hearers(&mut lab, stranger), []);
}

#[test]
fn files_and_programs_meet_by_their_address() {
    let mut lab = Lab::new();
    let [file, program, elsewhere] = [
        (Some("null"), [10, 0, 0, 1]),
        (None, [10, 0, 0, 1]),
        (Some("null"), [10, 0, 0, 2]),
    ]
    .map(|(origin, address)| {
        lab.join(&Visitor {
            origin,
            address,
            ..WEBSOCKET
        })
    });
    assert_eq!(hearers(&mut lab, file), [program]);
    assert_eq!(hearers(&mut lab, elsewhere), []);
}

#[test]
fn a_room_in_the_query_and_a_namespace_keep_clients_apart() {
    let mut lab = Lab::new();
    let [bare, red, green] = ["", "EIO=4&room=red", "EIO=4&room=green"]
        .map(|query| lab.join(&Visitor { query, ..WEBSOCKET }));
    assert_eq!(hearers(&mut lab, bare), []);
    assert_eq!(hearers(&mut lab, red), []);
    let apart = lab.open(&WEBSOCKET);
    lab.text(apart, "40/elsewhere");
    lab.read(apart);
    lab.text(apart, r#"42/elsewhere,["a"]"#);
    for client in [bare, red, green] {
        assert_eq!(lab.texts(client), [""; 0]);
    }
}

#[test]
fn a_default_room_holds_eight_and_the_ninth_gets_in_when_one_has_left() {
    let mut lab = Lab::new();
    let clients: Vec<ConnKey> = (0..9).map(|_| lab.join(&WEBSOCKET)).collect();
    assert_eq!(hearers(&mut lab, clients[0]), clients[1..8]);
    assert_eq!(hearers(&mut lab, clients[8]), []);
    lab.text(clients[0], "1");
    assert_eq!(hearers(&mut lab, clients[8]), clients[1..8]);
}

#[test]
fn events_arrive_in_the_order_they_were_sent() {
    let mut lab = Lab::new();
    let (sender, receiver) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    let sent: Vec<String> = (0..10_000).map(|n| format!("42[\"n\",{n}]")).collect();
    sent.iter().for_each(|text| lab.text(sender, text));
    assert_eq!(lab.texts(receiver), sent);
}

/// Who gets an event of this client.
fn hearers(lab: &mut Lab, sender: ConnKey) -> Vec<ConnKey> {
    let everybody: Vec<ConnKey> = lab.everybody();
    everybody.iter().for_each(|client| drop(lab.read(*client)));
    lab.text(sender, r#"42["who hears"]"#);
    let mut hears = |client: &ConnKey| !lab.read(*client).is_empty();
    everybody
        .iter()
        .copied()
        .filter(|client| hears(client))
        .collect()
}
