//! The native door against frames that nobody should send.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use bytes::Bytes;
use magpie_doors::native;
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _read = native::parse(&Bytes::from(bytes));
    }

    #[test]
    fn any_damage_to_a_message_is_read_or_refused(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let messages = messages();
        let mut frame = messages[which.index(messages.len())].clone().into_bytes();
        let at = at.index(frame.len());
        frame[at] = byte;
        if cut {
            frame.truncate(at);
        }
        let _read = native::parse(&Bytes::from(frame));
    }

    #[test]
    fn a_field_of_another_kind_is_read_or_refused(
        which in any::<prop::sample::Index>(),
        field in any::<prop::sample::Index>(),
        kind in 0_usize..6,
    ) {
        let messages = messages();
        let mut message: Value = serde_json::from_str(&messages[which.index(messages.len())]).unwrap();
        let fields = message.as_object_mut().unwrap();
        let name = fields.keys().nth(field.index(fields.len())).unwrap().clone();
        let values: [Value; 6] = [
            Value::Null,
            true.into(),
            (-1).into(),
            1e300.into(),
            "x".repeat(70_000).into(),
            vec![Value::Null; 3].into(),
        ];
        fields.insert(name, values[kind].clone());
        let _read = native::parse(&Bytes::from(message.to_string()));
    }
}

/// Every valid message of every fixture.
fn messages() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/native");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut messages = Vec::new();
    for path in paths {
        let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        messages.extend(
            fixture["valid"]
                .as_array()
                .into_iter()
                .flatten()
                .map(Value::to_string),
        );
    }
    messages
}
