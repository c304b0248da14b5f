//! The load of `magpie bench signal` on a PeerJS server: `peerjs_load ADDR:PORT PID CONNECTIONS PAIRS SECONDS [RATE] [tls]`.

use std::{error::Error, time::Duration};

use magpie_bench::signal::{Door, SignalOptions, run_at};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let tls = arguments.last().is_some_and(|last| last == "tls");
    if tls {
        arguments.pop();
    }
    let [server, pid, connections, pairs, seconds, rate @ ..] = arguments.as_slice() else {
        return Err(
            "usage: peerjs_load ADDR:PORT PID CONNECTIONS PAIRS SECONDS [RATE] [tls]".into(),
        );
    };
    let options = SignalOptions {
        server: server.parse()?,
        tls,
        origin: format!("http://{server}"),
        connections: connections.parse()?,
        pairs: pairs.parse()?,
        duration: Duration::from_secs(seconds.parse()?),
        rate: rate.first().map(|rate| rate.parse()).transpose()?,
        pid: Some(pid.parse()?),
    };
    println!("{}", run_at(Door::PeerJs, options)?);
    Ok(())
}
