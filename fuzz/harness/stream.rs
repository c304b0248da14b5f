//! Any bytes of a stream, torn anywhere: the messages in it are the same however it is torn, and the relay survives them.
//!
//! The first byte of an input says after how many bytes the stream is torn, again and again.

use std::net::SocketAddr;

use magpie_relay::{ClientAddr, Config, Millis, Output, Relay, Transport, framing};

/// Reads the stream whole and in pieces.
pub(crate) fn run(input: &[u8]) {
    let Some((step, stream)) = input.split_first() else {
        return;
    };
    let whole = messages([stream]);
    let torn = messages(stream.chunks(usize::from(*step).max(1)));
    assert_eq!(whole, torn);
    let mut relay = Relay::new(Config::default(), [7; 32]);
    for message in &whole.0 {
        let output = relay.from_client(Millis(1_700_000_000_000), client(), message);
        if let Output::Reply { message, .. } = output {
            // What we write can be framed too.
            assert_eq!(framing::whole(message), Ok(message.len()));
        }
        while relay.poll_effect().is_some() {}
    }
}

/// The messages before the stream stops being one, and whether it did.
fn messages<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, bool) {
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    for piece in pieces {
        waiting.extend_from_slice(piece);
        loop {
            match framing::split(&waiting) {
                Ok(Some((message, rest))) => {
                    assert!(!message.is_empty() && message.len() <= framing::LONGEST);
                    found.push(message.to_vec());
                    waiting = rest.to_vec();
                }
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
    }
    (found, false)
}

fn client() -> ClientAddr {
    let [remote, local] = [9, 3478].map(|port| SocketAddr::from(([192, 0, 2, 9], port)));
    ClientAddr::new(remote, local, Transport::Tcp)
}
