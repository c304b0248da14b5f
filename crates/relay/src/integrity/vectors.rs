//! The published test vectors: RFC 5769, and RFC 8489 appendix B with erratum 6268.

use data_encoding::HEXLOWER;
use stun_types::message::Message;

use super::{Key, PasswordAlgorithm, Protection, userhash};

/// Password of the three messages with a short-term credential, whose key is the password itself (RFC 8489 section 9.1.1).
const SHORT_TERM: &str = "VOkJxbRl1RmTxUk/WvJxBt";
const USERNAME: &str = "\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}";
const PASSWORD: &str = "TheMatrIX";
const REALM: &str = "example.org";

/// RFC 5769 sections 2.1 to 2.3.
#[test]
fn short_term_messages_verify_and_are_made_alike() {
    for message in [REQUEST, IPV4_RESPONSE, IPV6_RESPONSE] {
        let message = bytes(message);
        // The fingerprint is checked by parsing.
        assert!(Message::from_bytes(&message).is_ok());
        check(Protection::Sha1, SHORT_TERM.as_bytes(), &message);
    }
}

/// RFC 5769 section 2.4.
#[test]
fn the_long_term_request_verifies() {
    let key = Key::new(PasswordAlgorithm::Md5, USERNAME, REALM, PASSWORD);
    check(Protection::Sha1, key.as_bytes(), &bytes(LONG_TERM));
}

/// RFC 8489 appendix B.1.
#[test]
fn the_sha256_request_verifies() {
    let key = Key::new(PasswordAlgorithm::Sha256, USERNAME, REALM, PASSWORD);
    let message = bytes(SHA256_REQUEST);
    check(Protection::Sha256, key.as_bytes(), &message);
    assert_eq!(message[24..56], userhash(USERNAME, REALM));
}

/// RFC 8489 section 9.2.2.
#[test]
fn the_key_of_user_realm_and_pass_is_the_one_in_the_text() {
    let key = Key::new(PasswordAlgorithm::Md5, "user", "realm", "pass");
    assert_eq!(
        HEXLOWER.encode(key.as_bytes()),
        "8493fbc53ba582fb4c044c456bdc40eb"
    );
}

fn check(protection: Protection, key: &[u8], message: &[u8]) {
    let kind = stun_types::attribute::AttributeType::new(protection.attribute());
    let parsed = Message::from_bytes(message).unwrap();
    let (at, attribute) = parsed.raw_attribute_and_offset(kind).unwrap();
    let value = attribute.value.to_vec();
    assert!(protection.verify(key, message, at, &value));
    let made = protection.make(key, &message[..at]);
    assert_eq!(made[..protection.length()], value);
    assert!(!protection.verify(b"another key", message, at, &value));
    assert!(!protection.verify(key, message, at, &value[1..]));
    let mut changed = message.to_vec();
    changed[21] ^= 1;
    assert!(!protection.verify(key, &changed, at, &value));
}

fn bytes(hex: &str) -> Vec<u8> {
    let plain: String = hex.split_whitespace().collect();
    HEXLOWER.decode(plain.as_bytes()).unwrap()
}

const REQUEST: &str = "
    00010058 2112a442 b7e7a701bc34d686fa87dfae
    80220010 5354554e207465737420636c69656e74 00240004 6e0001ff 80290008 932ff9b151263b36
    00060009 6576746a3a68367659202020
    00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf";

const IPV4_RESPONSE: &str = "
    0101003c 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 7465737420766563746f7220 00200008 0001a147e112a643
    00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96";

const IPV6_RESPONSE: &str = "
    01010048 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 7465737420766563746f7220 00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
    00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c";

const LONG_TERM: &str = "
    00010060 2112a442 78ad3433c6ad72c029da412e
    00060012 e3839ee38388e383aae38383e382afe382b90000
    0015001c 662f2f3439396b393534643
             64f4c33346f4c394653547679363473 41
    0014000b 6578616d706c652e6f726700
    00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666";

const SHA256_REQUEST: &str = "
    00010090 2112a442 78ad3433c6ad72c029da412e
    001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704
    00150029 6f624d61744a6f73324141414366 2f2f3439396b393534643
             64f4c33346f4c394653547679363473 41000000
    0014000b 6578616d706c652e6f726700 001d0004 00020000
    001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65";
