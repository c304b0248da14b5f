//! Broken packets against the real binary; `magpie bench mutate` sends a million of the same.

use magpie_bench::relay::{Account, MutateOptions, mutate};

use super::process::Server;

#[test]
fn broken_packets_neither_silence_the_server_nor_make_it_grow() {
    let user = "bench:bench";
    let server = Server::start_with(&["--turn-user", user, "--allow-peer", "127.0.0.0/8"]);
    let report = mutate(&MutateOptions {
        server: server.address,
        account: Account::user("bench", "bench"),
        packets: 20_000,
        seed: 7,
        pid: Some(server.pid()),
    })
    .unwrap();
    assert!(report.answers > report.packets / 10, "{report}");
    assert!(report.growth_kb.unwrap() <= 8192.0, "{report}");
}
