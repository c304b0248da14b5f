//! The load against the plain loop, in this process.

use super::*;

fn options() -> RelayOptions {
    RelayOptions {
        clients: 4,
        payload: 100,
        transport: Transport::Udp,
        burst: 1,
        window: 4,
        in_flight: 16,
        rate: None,
        threads: 2,
        duration: Duration::from_millis(100),
    }
}

#[test]
fn a_payload_without_room_for_its_mark_is_refused() {
    assert!(check(&options()).is_ok());
    let short = RelayOptions {
        payload: 15,
        ..options()
    };
    assert!(matches!(check(&short), Err(BenchError::Options(_))));
}

#[test]
fn a_burst_longer_than_a_datagram_is_refused() {
    let long = RelayOptions {
        payload: 1200,
        burst: 60,
        ..options()
    };
    assert!(matches!(check(&long), Err(BenchError::Options(_))));
}

#[test]
fn nothing_to_do_is_refused() {
    let nobody = RelayOptions {
        clients: 0,
        ..options()
    };
    assert!(check(&nobody).is_err());
    let never = RelayOptions {
        rate: Some(0),
        ..options()
    };
    assert!(check(&never).is_err());
}

#[test]
fn a_server_that_does_not_answer_is_named_as_such() {
    // Nobody reads this socket.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = Server::Turn {
        address: silent.local_addr().unwrap(),
        account: Account::user("a", "b"),
        pid: None,
    };
    drop(silent);
    let result = run(&server, Mode::Binding, &options());
    assert!(matches!(result, Err(BenchError::Connect(_))), "{result:?}");
}
