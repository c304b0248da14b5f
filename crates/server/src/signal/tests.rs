use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::task::Poll;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use magpie_hub::Tab;

use super::*;

#[tokio::test]
async fn whoever_is_welcomed_is_in_the_store_already() {
    let folder = Folder::new();
    let (exchange, switchboard) = Exchange::new(
        Store::open(&folder.0).unwrap().store,
        &[],
        Limits::default(),
    );
    let running = tokio::spawn(exchange.run());
    let outbox = Outbox::default();
    let conn = switchboard.number();
    let attach = Input::Attach {
        conn,
        session: Box::new(session()),
        outbox: outbox.clone(),
    };
    switchboard.send(attach).await.unwrap();
    let said = first_frames(&outbox).await;
    assert!(said.contains("\"t\":\"welcome\""), "{said}");
    // As after `kill -9`: what is on disk at this moment is all there is.
    let rows = Store::open(&folder.0).unwrap().rows;
    assert!(rows.iter().any(|row| row.kind == "person"), "{rows:?}");
    assert_eq!(records(&rows).len(), rows.len());
    running.abort();
}

#[tokio::test]
async fn a_draining_exchange_tells_its_clients_and_ends() {
    let folder = Folder::new();
    let (exchange, switchboard) = Exchange::new(
        Store::open(&folder.0).unwrap().store,
        &[],
        Limits::default(),
    );
    let outbox = Outbox::default();
    let attach = Input::Attach {
        conn: switchboard.number(),
        session: Box::new(session()),
        outbox: outbox.clone(),
    };
    switchboard.send(attach).await.unwrap();
    switchboard.drain().await;
    exchange.run().await;
    assert!(!switchboard.is_open());
    assert!(first_frames(&outbox).await.contains("\"t\":\"drain\""));
}

#[test]
fn a_record_that_cannot_be_read_does_not_take_the_others_with_it() {
    let row = |body: &str| Row {
        kind: "block".into(),
        key: "k".into(),
        body: body.into(),
    };
    let id = "a".repeat(26);
    let whole = format!("{{\"kind\":\"block\",\"owner\":\"{id}\",\"id\":\"{id}\"}}");
    let rows = [
        row("{\"kind\":\"from the future\"}"),
        row(&whole),
        row("no JSON"),
    ];
    assert_eq!(records(&rows).len(), 1);
}

#[test]
fn a_signature_holds_for_its_key_and_message_only() {
    let pair = key_pair();
    let key = public(&pair);
    let proof = pair.sign(&rand::SystemRandom::new(), b"message").unwrap();
    assert!(verify(&key, b"message", proof.as_ref()));
    assert!(!verify(&key, b"another", proof.as_ref()));
    assert!(!verify(&public(&key_pair()), b"message", proof.as_ref()));
    assert!(!verify(&key, b"message", b"short"));
    assert!(!verify(&PublicKey([4; 65]), b"message", proof.as_ref()));
}

#[test]
fn a_moment_of_the_clock_comes_no_earlier_than_it_should() {
    let clock = Clock::start();
    let now = clock.now();
    let due = clock.instant(now.after(1000));
    let wait = due.duration_since(tokio::time::Instant::now());
    assert!((990..=1001).contains(&wait.as_millis()), "{wait:?}");
    // Long past: at once, and no underflow.
    assert!(clock.instant(Millis(0)) <= tokio::time::Instant::now() + Duration::from_millis(1));
}

async fn first_frames(outbox: &Outbox) -> String {
    let mut frames = Vec::new();
    poll_fn(|cx| match outbox.poll_frames(cx, &mut frames) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    })
    .await;
    String::from_utf8_lossy(&frames).into_owned()
}

fn session() -> Session {
    Session {
        device: public(&key_pair()),
        tab: Tab([7; 16]),
        label: "Test".into(),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        token: "token".into(),
    }
}

fn key_pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn public(pair: &EcdsaKeyPair) -> PublicKey {
    PublicKey(pair.public_key().as_ref().try_into().unwrap())
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let mut name = [0_u8; 8];
        rand::fill(&mut name).unwrap();
        let name = data_encoding::HEXLOWER.encode(&name);
        let path = std::env::temp_dir().join(format!("magpie-exchange-{name}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
