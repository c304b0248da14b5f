//! What nobody may do to the others.

use magpie_doors::engineio::ConnKey;

use crate::lab::{Lab, WEBSOCKET};

#[test]
fn a_room_of_eight_is_full() {
    let mut lab = Lab::new();
    let clients = people(&mut lab, 9);
    for client in &clients {
        lab.text(*client, r#"42["join","r"]"#);
    }
    assert!(lab.texts(clients[7])[0].starts_with(r#"42["joined","r","#));
    let ninth = lab.texts(clients[8]);
    assert_eq!(ninth.len(), 1);
    assert!(ninth[0].starts_with(r#"42["full","r","#), "{ninth:?}");
}

#[test]
fn nobody_joins_rooms_without_end() {
    let mut lab = Lab::new();
    let client = people(&mut lab, 1)[0];
    for room in 0..40 {
        lab.text(client, &format!(r#"42["join","{room}"]"#));
    }
    let heard = lab.texts(client);
    let full = heard.iter().filter(|text| text.starts_with(r#"42["full""#));
    assert_eq!(full.count(), 23);
}

#[test]
fn a_name_of_a_kilobyte_is_no_room() {
    let mut lab = Lab::new();
    let [one, two]: [ConnKey; 2] = people(&mut lab, 2).try_into().unwrap();
    let join = format!(r#"42["join","{}"]"#, "x".repeat(1024));
    lab.text(one, &join);
    assert_eq!(lab.texts(one), [""; 0]);
    assert_eq!(lab.texts(two), [join]);
}

#[test]
fn names_of_object_prototypes_are_names_like_others() {
    let mut lab = Lab::new();
    let [one, two, three]: [ConnKey; 3] = people(&mut lab, 3).try_into().unwrap();
    for client in [one, two] {
        lab.text(client, r#"42["join","__proto__"]"#);
    }
    for client in [one, two] {
        lab.read(client);
    }
    lab.text(
        one,
        r#"42["offer",{"__proto__":{"to":"x"},"constructor":1}]"#,
    );
    assert_eq!(
        lab.texts(two),
        [r#"42["offer",{"__proto__":{"to":"x"},"constructor":1}]"#]
    );
    assert_eq!(lab.texts(three), [""; 0]);
}

#[test]
fn what_a_dropped_user_missed_is_bounded() {
    let mut lab = Lab::new();
    let [one, two, back]: [ConnKey; 3] = people(&mut lab, 3).try_into().unwrap();
    lab.text(one, r#"42["join-room","r","a"]"#);
    lab.text(two, r#"42["join-room","r","b"]"#);
    lab.with(|server, now| server.gone(now, two));
    for n in 0..1000 {
        lab.text(one, &format!(r#"42["n",{n}]"#));
    }
    lab.text(back, r#"42["join-room","r","b"]"#);
    let heard = lab.texts(back);
    assert_eq!(heard.len(), 64);
    assert_eq!(heard[63], r#"42["n",63]"#);
}

#[test]
fn bytes_inside_an_object_that_gets_its_sender_stay_with_it() {
    let mut lab = Lab::new();
    let [one, two]: [ConnKey; 2] = people(&mut lab, 2).try_into().unwrap();
    lab.text(one, r#"42["join","r"]"#);
    lab.text(two, r#"42["join","r"]"#);
    let greeting = lab.texts(two).remove(0);
    let id = greeting.split('"').nth(5).unwrap().to_owned();
    lab.text(
        one,
        &format!(r#"451-["blob",{{"target":"{id}","data":{{"_placeholder":true,"num":0}}}}]"#),
    );
    lab.binary(one, &[1, 2]);
    let heard = lab.texts(two);
    assert!(
        heard[0].starts_with(r#"451-["blob",{"data":{"_placeholder":true,"num":0},"from":"#),
        "{heard:?}"
    );
    assert_eq!(heard[1], "<0102>");
}

fn people(lab: &mut Lab, count: usize) -> Vec<ConnKey> {
    (0..count).map(|_| lab.join(&WEBSOCKET)).collect()
}
