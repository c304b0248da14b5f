use super::*;

#[test]
fn packets_of_revision_4_are_separated_and_bytes_are_base64() {
    let body = decode_all(Version::V4, false, b"4hello\x1ebAQIDBA==\x1e2");
    let expected = vec![
        Packet::Text("4hello".into()),
        Packet::Binary(vec![1, 2, 3, 4].into()),
        Packet::Ping(Bytes::new()),
    ];
    assert_eq!(body, Ok(expected));
}

#[test]
fn what_stands_before_a_malformed_packet_is_still_read() {
    let packets = decode(Version::V4, false, "4a\x1ezzz\x1e4b".into()).unwrap();
    let read: Vec<_> = packets.collect();
    assert_eq!(
        read,
        [Ok(Packet::Text("4a".into())), Err(Malformed)],
        "nothing behind it is"
    );
}

#[test]
fn bodies_that_are_none_are_malformed() {
    for (version, binary, body) in [
        (Version::V4, false, &b""[..]),
        (Version::V4, false, b"abc"),
        (Version::V4, false, b"4\xff"),
        (Version::V4, true, b"4a"),
        (Version::V3, false, b"4a"),
        (Version::V3, false, b"x:4a"),
        (Version::V3, false, b"3:4a"),
        (Version::V3, false, b"99999999999:4a"),
        (Version::V3, false, b"-1:4"),
        (Version::V3, true, b"\x00\x02"),
        (Version::V3, true, b"\x00\x09\xff4a"),
        (Version::V3, true, b"\x00\xff"),
        (Version::V3, true, b"\x02\x02\xff4a"),
        (Version::V3, true, b"\x01\x02\xff\x03a"),
        (Version::V3, true, b"\x00\x0b\xff4a"),
    ] {
        assert_eq!(
            decode_all(version, binary, body),
            Err(Malformed),
            "{version:?} {body:?}"
        );
    }
}

#[test]
fn lengths_of_revision_3_count_utf_16_units() {
    let text = "4[\"喜鹊🐦\"]";
    let body = format!("9:{text}2:2p");
    let expected = vec![Packet::Text(text.into()), Packet::Ping("p".into())];
    assert_eq!(
        decode_all(Version::V3, false, body.as_bytes()),
        Ok(expected)
    );
    let frames = [Frame::Text(text.into()), Frame::Text("3".into())].into();
    assert_eq!(
        encode(Version::V3, false, &frames),
        Body::Text(format!("9:{text}1:3"))
    );
}

#[test]
fn a_length_that_ends_inside_a_character_is_malformed() {
    assert_eq!(
        decode_all(Version::V3, false, "2:4🐦".as_bytes()),
        Err(Malformed)
    );
}

#[test]
fn revision_3_carries_bytes_framed_or_as_base64() {
    let frames = VecDeque::from([
        Frame::Text("4a".into()),
        Frame::Binary(vec![4, 1, 2, 3].into()),
    ]);
    let framed = b"\x00\x02\xff4a\x01\x04\xff\x04\x01\x02\x03";
    assert_eq!(
        encode(Version::V3, false, &frames),
        Body::Binary(framed.to_vec().into())
    );
    assert_eq!(
        encode(Version::V3, true, &frames),
        Body::Text("2:4a6:b4AQID".to_owned())
    );
    let read = Ok(vec![
        Packet::Text("4a".into()),
        Packet::Binary(vec![1, 2, 3].into()),
    ]);
    assert_eq!(decode_all(Version::V3, true, framed), read);
    assert_eq!(decode_all(Version::V3, false, b"2:4a6:b4AQID"), read);
}

fn decode_all(version: Version, binary: bool, body: &[u8]) -> Result<Vec<Packet>, Malformed> {
    decode(version, binary, Bytes::copy_from_slice(body))?.collect()
}
