//! A stream whose client is slow, on loopback.

use std::net::TcpListener;

use magpie_relay::Transport;

use super::*;

const NOW: Millis = Millis(1_700_000_000_000);

#[test]
fn a_client_that_reads_late_gets_whole_messages_the_newest_among_them() {
    let (mut stream, mut client) = pair();
    let mut dropped = 0;
    for n in 0..MANY {
        dropped += send(&mut stream, n, Kind::Media);
    }
    assert!(dropped > 0 && stream.is_busy());
    let reader = std::thread::spawn(move || {
        let mut came = Vec::new();
        let mut buffer = [0; FRAME];
        while came.last() != Some(&(MANY - 1)) {
            client.read_exact(&mut buffer).unwrap();
            assert_eq!(buffer[..4], HEAD);
            came.push(u32::from_be_bytes(buffer[4..8].try_into().unwrap()));
        }
        came
    });
    while stream.is_busy() {
        stream.flush(NOW).unwrap();
        std::thread::yield_now();
    }
    let came = reader.join().unwrap();
    assert_eq!(came.len() as u64, u64::from(MANY) - dropped);
    assert!(came.is_sorted() && came[0] == 0);
}

#[test]
fn a_client_that_takes_nothing_is_overdue_after_seven_seconds() {
    let (mut stream, _client) = pair();
    stream.allocations = 1;
    while !stream.is_busy() {
        send(&mut stream, 0, Kind::Media);
    }
    assert!(!stream.is_overdue(NOW.after(STUCK_MOST)));
    assert!(stream.is_overdue(NOW.after(STUCK_MOST + Duration::from_secs(1))));
}

#[test]
fn a_client_may_be_silent_only_with_an_allocation() {
    let (mut stream, _client) = pair();
    let later = NOW.after(IDLE_MOST + Duration::from_secs(1));
    assert!(stream.is_overdue(later));
    stream.allocations = 1;
    assert!(!stream.is_overdue(later));
}

#[test]
fn half_a_message_is_waited_for_seven_seconds() {
    let (mut stream, _client) = pair();
    stream.allocations = 1;
    stream.keep(NOW, &[0, 1, 0], false);
    assert!(!stream.is_overdue(NOW.after(STUCK_MOST)));
    assert!(stream.is_overdue(NOW.after(STUCK_MOST + Duration::from_secs(1))));
}

/// However long the client has been silent before: a long message comes in parts.
#[test]
fn half_a_message_after_a_silence_is_waited_for_too() {
    let (mut stream, _client) = pair();
    stream.allocations = 1;
    let later = NOW.after(Duration::from_secs(60));
    stream.keep(later, &[0, 1, 0], false);
    assert!(!stream.is_overdue(later.after(STUCK_MOST)));
    // More of the same message begins no other one.
    stream.keep(later.after(STUCK_MOST), &[0, 1, 0, 0], false);
    assert!(stream.is_overdue(later.after(STUCK_MOST + Duration::from_secs(1))));
}

#[test]
fn what_was_read_before_comes_first_and_halves_are_joined() {
    let (mut stream, mut client) = pair();
    stream.keep(NOW, b"ab", false);
    client.write_all(b"cd").unwrap();
    let mut buffer = [0; 16];
    let length = loop {
        match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => break read.unwrap(),
        }
    };
    assert_eq!(&buffer[..length], b"abcd");
}

fn send(stream: &mut Stream, n: u32, kind: Kind) -> u64 {
    let mut payload = [0; FRAME - 4];
    payload[..4].copy_from_slice(&n.to_be_bytes());
    let frame = [&HEAD[..], &payload, &[]].map(IoSlice::new);
    stream.send(NOW, &[frame], kind).unwrap()
}

/// The worker's and the client's end.
fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (socket, remote) = listener.accept().unwrap();
    let local = socket.local_addr().unwrap();
    let new = NewStream {
        client: ClientAddr::new(remote, local, Transport::Tcp),
        socket,
        tls: None,
        first: Vec::new(),
        waiting: Vec::new(),
        pass: None,
    };
    (Stream::new(NOW, new).unwrap(), client)
}

/// ChannelData of 1,496 bytes.
const HEAD: [u8; 4] = [0x40, 0, 5, 0xd8];
const FRAME: usize = 1500;
/// More than the kernel and the outbox hold together.
const MANY: u32 = 20_000;
