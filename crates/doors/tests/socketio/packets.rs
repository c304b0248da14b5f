//! Connecting, events, answers and attachments.

use magpie_doors::engineio::Version;
use magpie_doors::socketio::Limits;

use crate::lab::{Lab, OLD, POLLING, Visitor, WEBSOCKET, field};

#[test]
fn a_client_connects_to_namespaces_and_is_told_its_id_in_each() {
    let mut lab = Lab::new();
    let client = lab.open(&WEBSOCKET);
    lab.read(client);
    lab.text(client, "40");
    lab.text(client, r#"40/chat,{"token":"1"}"#);
    lab.text(client, "40/bare");
    let told = lab.texts(client);
    for (packet, head) in told.iter().zip(["40{", "40/chat,{", "40/bare,{"]) {
        assert!(packet.starts_with(head), "{packet}");
    }
    let ids: Vec<String> = told.iter().map(|packet| field(packet, "sid")).collect();
    assert_eq!(ids[0].len(), 20);
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
}

#[test]
fn an_old_client_is_connected_unasked_and_knows_its_id_itself() {
    let mut lab = Lab::new();
    let client = lab.open(&OLD);
    let told = lab.texts(client);
    assert!(told[0].starts_with("0{"));
    assert_eq!(told[1..], ["40"]);
    lab.text(client, "40/chat?token=1");
    assert_eq!(lab.texts(client), ["40/chat,"]);
    let other = lab.open(&OLD);
    lab.text(other, "40/chat");
    lab.read(other);
    lab.text(client, r#"42/chat,["hello"]"#);
    assert_eq!(lab.texts(other), [r#"42/chat,["hello"]"#]);
}

#[test]
fn a_namespace_that_cannot_be_is_refused_in_the_form_the_client_knows() {
    let mut lab = Lab::new();
    let (new, old) = (lab.join(&WEBSOCKET), lab.join(&OLD));
    let long = format!("/{}", "x".repeat(128));
    lab.text(new, &format!("40{long},"));
    lab.text(old, &format!("40{long}"));
    assert_eq!(
        lab.texts(new),
        [format!(r#"44{long},{{"message":"Invalid namespace"}}"#)]
    );
    assert_eq!(lab.texts(old), [format!(r#"44{long},"Invalid namespace""#)]);
    assert!(!lab.is_closed(new) && !lab.is_closed(old));
}

#[test]
fn a_connection_has_at_most_16_namespaces() {
    let mut lab = Lab::new();
    let client = lab.join(&WEBSOCKET);
    for number in 1..=16 {
        lab.text(client, &format!("40/{number}"));
    }
    let told = lab.texts(client);
    assert!(told[14].starts_with("40/15,"));
    assert_eq!(told[15], r#"44/16,{"message":"Too many namespaces"}"#);
    lab.text(client, "41/15");
    lab.text(client, "40/16");
    assert!(lab.texts(client)[0].starts_with("40/16,"));
}

#[test]
fn a_client_that_left_one_namespace_goes_on_in_the_others() {
    let mut lab = Lab::new();
    let (client, other) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    lab.text(client, "40/custom");
    lab.text(client, "41/custom");
    lab.text(client, r#"42["message","to the main one"]"#);
    assert_eq!(lab.texts(other), [r#"42["message","to the main one"]"#]);
    lab.text(client, "41");
    assert!(!lab.is_closed(client));
    lab.text(client, "40");
    assert!(!lab.is_closed(client));
}

#[test]
fn what_is_no_packet_closes_the_session() {
    for packets in [
        &["4abc"][..],
        &["4"],
        &["x"],
        &[""],
        &["42{}"],
        &["42[]"],
        &["42"],
        &["42[null]"],
        &["42[{}]"],
        &["42[\"a\""],
        &["42abc[\"a\"]"],
        &["42[\"disconnect\"]"],
        &["42[\"connect_error\",1]"],
        &["42/never,[\"a\"]"],
        &["43/never,1[]"],
        &["431{}"],
        &["41{}"],
        &["40"],
        &["40/a,[]"],
        &["40/a,\"x\""],
        &["40/a,{"],
        &["44{\"message\":\"x\"}"],
        &["45-[\"a\"]"],
        &["45x-[\"a\"]"],
        &["4565-[\"a\"]"],
        &["451-[\"a\",{\"_placeholder\":true,\"num\":1}]"],
        &["451-[\"a\",{\"_placeholder\":true,\"num\":0}]", "42[\"b\"]"],
        &["47[\"a\"]"],
    ] {
        let mut lab = Lab::new();
        let client = lab.join(&WEBSOCKET);
        for (at, packet) in packets.iter().enumerate() {
            assert!(!lab.is_closed(client), "{packets:?}, before {at}");
            lab.text(client, packet);
        }
        assert!(lab.is_closed(client), "{packets:?}");
    }
}

#[test]
fn bytes_that_belong_to_no_event_close_the_session() {
    let mut lab = Lab::new();
    let client = lab.join(&WEBSOCKET);
    lab.binary(client, &[1]);
    assert!(lab.is_closed(client));
}

#[test]
fn an_event_before_connecting_closes_the_session() {
    let mut lab = Lab::new();
    let client = lab.open(&WEBSOCKET);
    lab.text(client, r#"42["a"]"#);
    assert!(lab.is_closed(client));
}

#[test]
fn values_nested_too_deeply_close_the_session() {
    let mut lab = Lab::new();
    let (client, other) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    let deep = format!("42[\"a\",{}{}]", "[".repeat(5000), "]".repeat(5000));
    lab.text(client, &deep);
    assert!(lab.is_closed(client));
    assert_eq!(lab.texts(other), [""; 0]);
}

#[test]
fn attachments_travel_in_the_form_each_receiver_takes() {
    let mut lab = Lab::new();
    let base64 = Visitor {
        base64: true,
        ..WEBSOCKET
    };
    let sender = lab.join(&WEBSOCKET);
    let [new, old, text] = [&WEBSOCKET, &OLD, &base64].map(|visitor| lab.join(visitor));
    let head = r#"452-["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    lab.text(sender, head);
    lab.binary(sender, &[1, 2, 3]);
    assert_eq!(lab.texts(new), [""; 0]);
    lab.binary(sender, &[255]);
    assert_eq!(lab.texts(new), [head, "<010203>", "<ff>"]);
    assert_eq!(lab.texts(old), [head, "<04010203>", "<04ff>"]);
    assert_eq!(lab.texts(text), [head, "bAQID", "b/w=="]);

    lab.text(old, r#"451-["b",{"_placeholder":true,"num":0}]"#);
    lab.binary(old, &[4, 9]);
    assert_eq!(lab.texts(new)[1], "<09>");
}

#[test]
fn a_binary_event_without_attachments_is_an_event() {
    let mut lab = Lab::new();
    let (client, other) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    lab.text(client, r#"450-["a",1]"#);
    assert_eq!(lab.texts(other), [r#"42["a",1]"#]);
}

#[test]
fn attachments_of_one_event_have_at_most_a_megabyte_together() {
    let mut lab = Lab::new();
    let (client, other) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    lab.text(client, r#"453-["a"]"#);
    lab.binary(client, &[0; 500_000]);
    lab.binary(client, &[0; 500_000]);
    assert!(!lab.is_closed(client));
    lab.binary(client, &[0]);
    assert!(lab.is_closed(client));
    assert_eq!(lab.texts(other), [""; 0]);
}

#[test]
fn incomplete_events_are_bounded_over_all_connections() {
    let mut lab = Lab::with_limits(Limits {
        assembling_bytes: 250_000,
        ..Limits::default()
    });
    let hoarders: Vec<_> = (0..5).map(|_| lab.join(&WEBSOCKET)).collect();
    for hoarder in &hoarders {
        lab.text(*hoarder, r#"452-["a"]"#);
        lab.binary(*hoarder, &[0; 100_000]);
    }
    let closed = hoarders.iter().filter(|client| lab.is_closed(**client));
    assert_eq!(closed.count(), 3);
    // Small ones still get through.
    let (client, other) = (lab.join(&WEBSOCKET), lab.join(&OLD));
    lab.text(client, r#"452-["a"]"#);
    lab.binary(client, &[1; 1000]);
    lab.binary(client, &[2; 1000]);
    assert_eq!(lab.texts(other).len(), 3);
}

#[test]
fn attachments_have_to_come_within_20_seconds() {
    let mut lab = Lab::new();
    let client = lab.join(&WEBSOCKET);
    lab.text(client, r#"451-["a"]"#);
    lab.pass(19_999);
    assert!(!lab.is_closed(client));
    lab.pass(1);
    assert!(lab.is_closed(client));
}

#[test]
fn an_answer_reaches_the_asker_under_its_own_number() {
    let mut lab = Lab::new();
    let (asker, answerer) = (lab.join(&WEBSOCKET), lab.join(&POLLING));
    lab.text(asker, r#"42456["question",1]"#);
    assert_eq!(lab.texts(answerer), [r#"420["question",1]"#]);
    lab.post(answerer, Version::V4, r#"430[1,"2",{"3":[false]}]"#);
    assert_eq!(lab.texts(asker), [r#"43456[1,"2",{"3":[false]}]"#]);
}

#[test]
fn an_answer_may_hold_bytes() {
    let mut lab = Lab::new();
    let (asker, answerer) = (lab.join(&OLD), lab.join(&WEBSOCKET));
    lab.text(asker, r#"427["question"]"#);
    lab.read(answerer);
    lab.text(answerer, r#"461-0[{"_placeholder":true,"num":0}]"#);
    lab.binary(answerer, &[5]);
    assert_eq!(
        lab.texts(asker),
        [r#"461-7[{"_placeholder":true,"num":0}]"#, "<0405>"]
    );
}

#[test]
fn of_several_answers_the_first_counts_and_unknown_ones_are_ignored() {
    let mut lab = Lab::new();
    let asker = lab.join(&WEBSOCKET);
    let [one, two] = [&WEBSOCKET, &WEBSOCKET].map(|visitor| lab.join(visitor));
    lab.text(asker, r#"421["question"]"#);
    lab.text(two, r#"430["two"]"#);
    lab.text(one, r#"430["one"]"#);
    lab.text(two, r#"430["two again"]"#);
    lab.text(two, r#"4399[]"#);
    lab.text(two, "43[]");
    assert_eq!(lab.texts(asker), [r#"431["two"]"#]);
    assert!(!lab.is_closed(one) && !lab.is_closed(two));
}

#[test]
fn an_answer_to_somebody_who_left_goes_nowhere() {
    let mut lab = Lab::new();
    let (asker, answerer) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    lab.text(asker, r#"421["question"]"#);
    lab.text(asker, "1");
    let next = lab.join(&WEBSOCKET);
    lab.text(answerer, r#"430["late"]"#);
    assert_eq!(lab.texts(next), [""; 0]);
    assert!(!lab.is_closed(answerer));
}

#[test]
fn only_so_many_answers_are_waited_for() {
    let mut lab = Lab::with_limits(Limits {
        acks: 3,
        ..Limits::default()
    });
    let (asker, answerer) = (lab.join(&WEBSOCKET), lab.join(&WEBSOCKET));
    for id in 1..=4 {
        lab.text(asker, &format!("42{id}[\"question\"]"));
    }
    for id in 0..=3 {
        lab.text(answerer, &format!("43{id}[]"));
    }
    assert_eq!(lab.texts(asker), ["432[]", "433[]", "434[]"]);
}
