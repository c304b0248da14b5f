//! What a client that hides its address says to the other endpoint: relayed candidates, and nothing that tells where it is.
//!
//! The receiver counts signals, so one whose content is held back still goes out, and says `nothing`.

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// A signal as it may go out. Of its data only what the protocol knows is kept, so that no later form of it leaks.
#[must_use]
pub fn hide(frame: &Bytes) -> Bytes {
    let Ok(Value::Object(mut signal)) = serde_json::from_slice(frame) else {
        return Bytes::new();
    };
    let data = signal.remove("d");
    signal.retain(|name, _| HEAD.contains(&name.as_str()));
    if let Some(data) = data {
        signal.insert("d".to_owned(), Value::Object(without_addresses(&data)));
    }
    Value::Object(signal).to_string().into()
}

fn without_addresses(data: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    if let Some(description) = data.get("description") {
        let sdp = description["sdp"].as_str().map(sdp);
        let description = json!({ "type": description["type"], "sdp": sdp.unwrap_or_default() });
        kept.insert("description".to_owned(), description);
    }
    if let Some(candidate) = data.get("candidate").and_then(trickled) {
        kept.insert("candidate".to_owned(), candidate);
    }
    if let Some(state) = data.get("state") {
        let told = MEDIA.map(|kind| (kind.to_owned(), Value::Bool(state[kind] == true)));
        kept.insert("state".to_owned(), Value::Object(Map::from_iter(told)));
    }
    if data.get("bye") == Some(&Value::Bool(true)) {
        kept.insert("bye".to_owned(), Value::Bool(true));
    }
    if kept.is_empty() {
        kept.insert("nothing".to_owned(), Value::Bool(true));
    }
    kept
}

/// An `RTCIceCandidateInit` of a relayed candidate, or the end of candidates (null, or an empty one).
fn trickled(candidate: &Value) -> Option<Value> {
    if candidate.is_null() {
        return Some(Value::Null);
    }
    let text = match candidate["candidate"].as_str()? {
        "" => String::new(),
        text => relayed(text)?,
    };
    let mut kept = Map::new();
    kept.insert("candidate".to_owned(), Value::String(text));
    for name in ["sdpMid", "sdpMLineIndex", "usernameFragment"] {
        if let Some(value) = candidate
            .get(name)
            .filter(|value| !value.is_object() && !value.is_array())
        {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    Some(Value::Object(kept))
}

/// A candidate (RFC 8839 section 5.1) if it is a relayed one, with its related address, where the relay sees the client,
/// replaced as that section asks of those who do not tell it.
fn relayed(candidate: &str) -> Option<String> {
    let words: Vec<&str> = candidate.split_ascii_whitespace().collect();
    let (fixed, more) = words.split_at_checked(8)?;
    let &[foundation, _, _, _, address, _, typ, kind] = fixed else {
        return None;
    };
    let is_relayed = foundation.starts_with("candidate:")
        && typ == "typ"
        && kind == "relay"
        && !candidate.contains(['\r', '\n']);
    let anywhere = if address.contains(':') {
        "::"
    } else {
        "0.0.0.0"
    };
    let mut text = fixed.join(" ");
    text.push_str(&format!(" raddr {anywhere} rport 9"));
    for pair in more.chunks_exact(2) {
        if let [name, value] = pair
            && EXTENSIONS.contains(name)
        {
            text.push_str(&format!(" {name} {value}"));
        }
    }
    is_relayed.then_some(text)
}

/// A session description (RFC 8866) with relayed candidates only, and with the addresses that those who trickle put where
/// they have none yet (RFC 8840 section 4.1.1).
fn sdp(text: &str) -> String {
    let lines = text.split(['\r', '\n']).map(str::trim);
    let kept = lines.filter(|line| !line.is_empty()).filter_map(line);
    kept.flat_map(|line| [line, "\r\n".to_owned()]).collect()
}

fn line(line: &str) -> Option<String> {
    let (kind, value) = line.split_once('=')?;
    match kind {
        "c" => Some(format!("c={}", nowhere(value))),
        "o" => {
            let (front, _) = value.rsplit_once(' ')?;
            let (front, family) = front.rsplit_once(' ')?;
            let (front, _) = front.rsplit_once(' ')?;
            Some(format!("o={front} {}", nowhere(&format!("IN {family}"))))
        }
        "m" => {
            let (media, rest) = value.split_once(' ')?;
            let (port, rest) = rest.split_once(' ')?;
            let port = if port == "0" { "0" } else { "9" };
            Some(format!("m={media} {port} {rest}"))
        }
        "a" => attribute(value),
        _ => Some(line.to_owned()),
    }
}

fn attribute(attribute: &str) -> Option<String> {
    let name = attribute.split(':').next().unwrap_or_default().trim();
    match name.to_ascii_lowercase().as_str() {
        "candidate" => relayed(attribute).map(|candidate| format!("a={candidate}")),
        "remote-candidates" | "source-filter" => None,
        "rtcp" => Some(format!("a=rtcp:9 {}", nowhere(attribute))),
        _ => Some(format!("a={attribute}")),
    }
}

/// No address of the family that `place` names.
fn nowhere(place: &str) -> &'static str {
    if place.to_ascii_uppercase().contains("IP6") {
        "IN IP6 ::"
    } else {
        "IN IP4 0.0.0.0"
    }
}

/// Fields of a signal beside its data.
const HEAD: [&str; 6] = ["t", "call", "e", "s", "ae", "as"];
/// Fields of a `state`.
const MEDIA: [&str; 3] = ["audio", "video", "screen"];
/// What a candidate may say beyond its addresses.
const EXTENSIONS: [&str; 5] = [
    "generation",
    "ufrag",
    "network-id",
    "network-cost",
    "tcptype",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relayed_candidate_goes_out_without_its_related_address() {
        let text = "candidate:7 1 udp 41885439 198.51.100.4 50001 typ relay raddr 192.0.2.7 rport 40000 generation 0 ufrag ab network-id 1";
        assert_eq!(
            relayed(text).unwrap(),
            "candidate:7 1 udp 41885439 198.51.100.4 50001 typ relay raddr 0.0.0.0 rport 9 generation 0 ufrag ab network-id 1"
        );
        let text = "candidate:7 1 udp 1 2001:db8::4 50001 typ relay raddr 2001:db8::7 rport 4";
        assert!(
            relayed(text)
                .unwrap()
                .ends_with("typ relay raddr :: rport 9")
        );
    }

    #[test]
    fn every_other_candidate_is_held_back() {
        for text in [
            "candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host",
            "candidate:1 1 udp 2122260223 0c1f.local 50000 typ host",
            "candidate:1 1 udp 1686052607 192.0.2.7 50000 typ srflx raddr 10.0.0.1 rport 5",
            "candidate:1 1 udp 1 192.0.2.7 50000 typ prflx",
            "candidate:1 1 tcp 1 192.0.2.7 9 typ host tcptype active",
            "candidate:1 1 udp 1 192.0.2.7 50000 typ relayed",
            "candidate:1 1 udp 1 192.0.2.7 50000 typ host typ relay",
            "candidate:1 1 udp 1 198.51.100.4 5 typ relay\r\na=candidate:1 1 udp 1 192.0.2.7 5 typ host",
            "1 1 udp 1 192.0.2.7 50000 typ relay",
            "candidate:1 1 udp",
        ] {
            assert_eq!(relayed(text), None, "{text}");
        }
    }

    #[test]
    fn a_description_tells_no_address_but_that_of_the_relay() {
        let text = "v=0\r\no=- 42 2 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.7\r\na=rtcp:50000 IN IP4 192.0.2.7\r\na=candidate:1 1 udp 1 192.0.2.7 50000 typ host\r\na=candidate:2 1 udp 1 198.51.100.4 50001 typ relay raddr 192.0.2.7 rport 40000\r\na=ice-ufrag:ab\r\na=remote-candidates:1 192.0.2.7 5\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP6 2001:db8::7\r\n";
        let wanted = "v=0\r\no=- 42 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=candidate:2 1 udp 1 198.51.100.4 50001 typ relay raddr 0.0.0.0 rport 9\r\na=ice-ufrag:ab\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP6 ::\r\n";
        assert_eq!(sdp(text), wanted);
    }

    #[test]
    fn unusual_line_ends_and_spellings_hide_no_candidate() {
        for text in [
            "a=candidate:1 1 udp 1 192.0.2.7 5 typ host",
            "a=x\ra=candidate:1 1 udp 1 192.0.2.7 5 typ host\n",
            " a=CANDIDATE:1 1 udp 1 192.0.2.7 5 typ host\n",
            "a= candidate:1 1 udp 1 192.0.2.7 5 typ host\n",
            "a=candidate :1 1 udp 1 192.0.2.7 5 typ host\n",
        ] {
            assert!(!sdp(text).contains("192.0.2.7"), "{text}");
        }
    }

    #[test]
    fn what_the_protocol_does_not_know_is_left_out() {
        let frame = json!({
            "t": "signal", "call": "c", "e": 7, "s": 2, "ae": 0, "as": 0, "at": "192.0.2.7",
            "d": { "state": { "audio": true, "from": "192.0.2.7" }, "more": "192.0.2.7" },
        });
        let hidden: Value = serde_json::from_slice(&hide(&frame.to_string().into())).unwrap();
        let wanted = json!({
            "t": "signal", "call": "c", "e": 7, "s": 2, "ae": 0, "as": 0,
            "d": { "state": { "audio": true, "video": false, "screen": false } },
        });
        assert_eq!(hidden, wanted);
    }
}
