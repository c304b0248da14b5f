//! Packets in their text form: `TYPE[ATTACHMENTS-][NAMESPACE,][ID][JSON]`.

use std::fmt::Write as _;

use bytes::Bytes;

use super::event::Args;

/// The types, by their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

/// What stands before the JSON of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) kind: Kind,
    /// So many binary messages belong to it.
    pub(super) attachments: usize,
    pub(super) namespace: &'a str,
    pub(super) id: Option<u64>,
    /// Where the JSON begins.
    pub(super) json: usize,
}

impl<'a> Head<'a> {
    /// Reads a packet's head; `None`: it has none.
    pub(super) fn parse(packet: &'a str) -> Option<Self> {
        let (kind, binary) = match packet.as_bytes().first()? {
            b'0' => (Kind::Connect, false),
            b'1' => (Kind::Disconnect, false),
            b'2' => (Kind::Event, false),
            b'3' => (Kind::Ack, false),
            b'4' => (Kind::ConnectError, false),
            b'5' => (Kind::Event, true),
            b'6' => (Kind::Ack, true),
            _ => return None,
        };
        let mut rest = packet.get(1..)?;
        let mut attachments = 0;
        if binary {
            let (count, behind) = rest.split_once('-')?;
            attachments = number(count)?;
            rest = behind;
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, rest) = rest.split_at_checked(digits)?;
        Some(Self {
            kind,
            attachments: usize::try_from(attachments).ok()?,
            namespace,
            id: match id {
                "" => None,
                digits => Some(number(digits)?),
            },
            json: packet.len().checked_sub(rest.len())?,
        })
    }
}

/// A number JavaScript can hold.
fn number(digits: &str) -> Option<u64> {
    let short = (1..=16).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    short.then(|| digits.parse().ok()).flatten()
}

/// A packet with the values of an event or answer, without its attachments; as an Engine.IO message.
pub(super) fn encode(kind: Kind, namespace: &str, id: Option<u64>, args: &Args) -> Bytes {
    let head = head(kind, namespace, id, args.attachments().len());
    if let Some(whole) = args.whole_behind(&head) {
        return whole;
    }
    [head.as_bytes(), args.json()].concat().into()
}

/// What stands before the JSON, as an Engine.IO message.
pub(super) fn head(kind: Kind, namespace: &str, id: Option<u64>, attachments: usize) -> String {
    let digit = match kind {
        Kind::Connect => '0',
        Kind::Disconnect => '1',
        Kind::Event if attachments > 0 => '5',
        Kind::Event => '2',
        Kind::Ack if attachments > 0 => '6',
        Kind::Ack => '3',
        Kind::ConnectError => '4',
    };
    let mut head = String::with_capacity(namespace.len().saturating_add(24));
    head.push('4');
    head.push(digit);
    // Writing to a string cannot fail.
    if attachments > 0 {
        let _ = write!(head, "{attachments}-");
    }
    if namespace != "/" {
        head.push_str(namespace);
        head.push(',');
    }
    if let Some(id) = id {
        let _ = write!(head, "{id}");
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_head_is_read() {
        let packet = r#"52-/chat,13["a",{}]"#;
        let head = Head::parse(packet).unwrap();
        assert_eq!((head.kind, head.attachments), (Kind::Event, 2));
        assert_eq!((head.namespace, head.id), ("/chat", Some(13)));
        assert_eq!(&packet[head.json..], r#"["a",{}]"#);
    }

    #[test]
    fn a_namespace_may_end_the_packet() {
        let head = Head::parse("0/chat?token=1").unwrap();
        assert_eq!((head.namespace, head.json), ("/chat?token=1", 14));
    }

    #[test]
    fn what_has_no_head_is_refused() {
        for packet in [
            "",
            "7",
            "abc",
            "5[\"a\"]",
            "5x-[\"a\"]",
            "5-[\"a\"]",
            "599999999999999999999-[]",
            "299999999999999999999[]",
        ] {
            assert_eq!(Head::parse(packet), None, "{packet}");
        }
    }

    #[test]
    fn a_packet_that_goes_on_unchanged_is_not_copied() {
        let text = Bytes::from_static(br#"42["a",1]"#);
        let args = Args::parse(text.clone(), 2).unwrap();
        let passed = encode(Kind::Event, "/", None, &args);
        assert_eq!(passed.as_ptr(), text.as_ptr());
        let elsewhere = encode(Kind::Event, "/b", Some(7), &args);
        assert_eq!(elsewhere, r#"42/b,7["a",1]"#);
    }
}
