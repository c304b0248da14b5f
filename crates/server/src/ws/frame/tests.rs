use super::*;

#[test]
fn a_masked_text_is_read() {
    assert_eq!(read(&[&masked(0x81, b"hello")]), Ok(vec![text(b"hello")]));
}

#[test]
fn several_frames_in_one_read_are_several_messages() {
    let bytes = [
        masked(0x81, b"one"),
        masked(0x81, b""),
        masked(0x89, b"p"),
        masked(0x8a, b"q"),
    ]
    .concat();
    assert_eq!(
        read(&[&bytes]),
        Ok(vec![
            text(b"one"),
            text(b""),
            Message::Ping(Bytes::from_static(b"p")),
            Message::Pong
        ])
    );
}

#[test]
fn a_frame_split_anywhere_is_one_message() {
    for length in [0, 5, 125, 126, 300, 70_000] {
        let payload = vec![b'x'; length];
        let bytes = [masked(0x81, &payload), masked(0x81, b"next")].concat();
        let cuts = (0..bytes.len().min(20)).chain(bytes.len().saturating_sub(14)..bytes.len());
        for cut in cuts {
            let (a, b) = bytes.split_at(cut);
            assert_eq!(
                read(&[a, b]),
                Ok(vec![text(&payload), text(b"next")]),
                "{length} bytes cut at {cut}"
            );
        }
    }
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_one_message() {
    let bytes = masked(0x81, &[b'y'; 200]);
    let bytes: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(&bytes), Ok(vec![text(&[b'y'; 200])]));
}

#[test]
fn fragments_are_joined_and_control_frames_may_come_between() {
    let bytes = [
        masked(0x01, b"on"),
        masked(0x89, b"?"),
        masked(0x00, b"e "),
        masked(0x80, b"two"),
    ]
    .concat();
    assert_eq!(
        read(&[&bytes]),
        Ok(vec![
            Message::Ping(Bytes::from_static(b"?")),
            text(b"one two")
        ])
    );
}

#[test]
fn a_character_split_over_two_fragments_is_no_error() {
    let bytes = [masked(0x01, &[0xe9]), masked(0x80, &[0xb9, 0x8a])].concat();
    assert_eq!(read(&[&bytes]), Ok(vec![text("鹊".as_bytes())]));
}

#[test]
fn a_frame_over_the_limit_is_refused_by_its_header_alone() {
    let header = [0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 1];
    assert_eq!(read(&[&header]), Err(Violation::TooLong));
    assert_eq!(Violation::TooLong.close().code(), 1009);
    assert_eq!(
        read(&[&[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]),
        Err(Violation::TooLong)
    );
}

#[test]
fn fragments_over_the_limit_together_are_refused() {
    let part = vec![b'x'; LIMIT / 2 + 1];
    assert_eq!(
        read(&[&masked(0x01, &part), &masked(0x80, &part)]),
        Err(Violation::TooLong)
    );
}

#[test]
fn what_breaks_the_framing_is_refused() {
    for bytes in [
        vec![0x81, 0x01, b'x'],
        masked(0xc1, b"compressed"),
        masked(0x83, b"reserved opcode"),
        masked(0x80, b"continues nothing"),
        masked(0x09, b"fragmented ping"),
        masked(0x89, &[0; 126]),
        [masked(0x01, b"begun"), masked(0x81, b"begun again")].concat(),
    ] {
        assert_eq!(read(&[&bytes]), Err(Violation::Protocol), "{bytes:x?}");
    }
}

#[test]
fn broken_utf8_has_a_code_of_its_own_and_only_in_text() {
    assert_eq!(read(&[&masked(0x81, &[0xff])]), Err(Violation::NotUtf8));
    let binary = Message::Binary(vec![0xff].into());
    assert_eq!(read(&[&masked(0x82, &[0xff])]), Ok(vec![binary]));
}

#[test]
fn a_binary_message_may_come_in_fragments_too() {
    let begun = masked(0x02, &[1, 2]);
    let ended = masked(0x80, &[3]);
    let whole = Message::Binary(vec![1, 2, 3].into());
    assert_eq!(read(&[&begun, &ended]), Ok(vec![whole]));
}

#[test]
fn a_decoder_between_messages_holds_no_memory() {
    let mut decoder = Decoder::new(LIMIT);
    let bytes = masked(0x81, &vec![b'x'; 60_000]);
    for part in bytes.chunks(1000) {
        drop(decoder.next(&mut &*part).unwrap());
    }
    assert!(!decoder.is_midway());
    assert_eq!(decoder.partial.capacity(), 0);
}

#[test]
fn an_announced_length_alone_reserves_little() {
    let mut decoder = Decoder::new(LIMIT);
    let header = [0x81, 0xff, 0, 0, 0, 0, 0, 3, 0, 0, 1, 2, 3, 4, b'x'];
    for byte in header.chunks(1) {
        decoder.next(&mut &*byte).unwrap();
    }
    assert!(decoder.is_midway());
    assert!(decoder.partial.capacity() <= 64);
}

#[test]
fn outgoing_lengths_use_the_shortest_form() {
    for (length, header) in [
        (125, vec![0x81, 125]),
        (126, vec![0x81, 126, 0, 126]),
        (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = Vec::new();
        encode_text(&vec![b'x'; length], &mut out);
        assert_eq!(out[..header.len()], header);
        assert_eq!(out.len(), header.len() + length);
    }
}

#[test]
fn a_close_frame_carries_code_and_reason() {
    let mut out = Vec::new();
    Close::new(4401, "no").encode(&mut out);
    assert_eq!(out, [0x88, 4, 0x11, 0x31, b'n', b'o']);
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..40)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect();
        drop(read(&[&bytes[..17], &bytes[17..]]));
        // The same with a plausible first byte, to get past the header more often.
        let mut bytes = bytes;
        bytes[0] = [0x81, 0x01, 0x80, 0x89][usize::from(bytes[0] & 3)];
        bytes[1] |= 0x80;
        drop(read(&[&bytes[..9], &bytes[9..]]));
    }
}

const LIMIT: usize = 256 * 1024;

fn read(parts: &[&[u8]]) -> Result<Vec<Message>, Violation> {
    let mut decoder = Decoder::new(LIMIT);
    let mut messages = Vec::new();
    for part in parts {
        let mut input = *part;
        while let Some(message) = decoder.next(&mut input)? {
            messages.push(message);
        }
    }
    Ok(messages)
}

fn text(bytes: &[u8]) -> Message {
    Message::Text(Bytes::copy_from_slice(bytes))
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = Vec::new();
    encode(first & 0x0f, payload, &mut frame);
    let header = frame.len() - payload.len();
    frame[0] = first;
    frame[1] |= 0x80;
    frame.splice(header..header, mask);
    for (index, byte) in frame[header + 4..].iter_mut().enumerate() {
        *byte ^= mask[index % 4];
    }
    frame
}
