//! Does one thing so many times, for a tool that counts instructions: `instructions WHAT TIMES`. The difference of two counts is
//! free of everything that happens once.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on should stop"
)]

mod lab;

use lab::{Lab, bare_allocate, binding, to_next, to_outside};

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let (Some(what), Some(times)) = (arguments.next(), arguments.next()) else {
        return println!(
            "WHAT: client-to-peer, peer-to-client, client-to-client, binding, challenge"
        );
    };
    let mut lab = Lab::new(16);
    let times: u32 = times.parse().unwrap();
    let from_peer = what == "peer-to-client";
    let packet = match what.as_str() {
        "client-to-client" => to_next(1200),
        "binding" => binding(),
        "challenge" => bare_allocate(),
        _ => to_outside(1200),
    };
    let mut bytes = 0;
    for index in (0..16).cycle().take(times as usize) {
        bytes += match from_peer {
            true => lab.peer_sends(index, &packet),
            false => lab.client_sends(index, &packet),
        };
    }
    // The relay has sent something each time, or the count means nothing.
    assert!(bytes >= times as usize, "{bytes}");
    println!("{bytes}");
}
