//! What a request asks for, and the words for "no".

use super::packet::Version;

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP requests: GET waits for packets, POST brings them.
    Polling,
    /// A WebSocket.
    WebSocket,
}

/// The pairs of a query string, percent-decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// What a request's query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The revision, which a new session needs.
    pub version: Option<Version>,
    /// The transport.
    pub transport: Transport,
    /// The session meant; `None` asks for a new one.
    pub sid: Option<String>,
    /// Whether bytes are to be sent as base64.
    pub base64: bool,
    /// The number of the function an answer is to be wrapped into.
    pub jsonp: Option<String>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The transport is missing or none of ours.
    UnknownTransport,
    /// There is no such session, or no longer.
    UnknownSid,
    /// A new session begins with a GET.
    BadHandshakeMethod,
    /// The request does not fit the session's state.
    BadRequest,
    /// The page or the address may not connect.
    Forbidden,
    /// The revision is missing or none of ours.
    UnsupportedVersion,
}

impl Refusal {
    /// The code of the protocol's error object.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSid => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedVersion => 5,
        }
    }

    /// The words that go with [`Refusal::code`].
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSid => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedVersion => "Unsupported protocol version",
        }
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            _ => 400,
        }
    }

    /// The protocol's error object.
    #[must_use]
    pub fn body(self) -> String {
        format!(
            r#"{{"code":{},"message":"{}"}}"#,
            self.code(),
            self.message()
        )
    }
}

impl Query {
    /// Splits a query string; of what cannot be decoded the bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pair = |text: &str| {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            (percent_decode(key), percent_decode(value))
        };
        let pairs = query.split('&').filter(|text| !text.is_empty());
        Self(pairs.take(PAIRS).map(pair).collect())
    }

    /// The first value with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(name, _)| name == key);
        pair.map(|(_, value)| value.as_str())
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl Request {
    /// Reads what a query asks for.
    ///
    /// # Errors
    /// [`Refusal::UnknownTransport`].
    pub fn parse(query: &Query) -> Result<Self, Refusal> {
        let transport = match query.get("transport") {
            Some("polling") => Transport::Polling,
            Some("websocket") => Transport::WebSocket,
            _ => return Err(Refusal::UnknownTransport),
        };
        let version = match query.get("EIO") {
            Some("3") => Some(Version::V3),
            Some("4") => Some(Version::V4),
            _ => None,
        };
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(20).collect();
        Ok(Self {
            version,
            transport,
            sid: query
                .get("sid")
                .filter(|sid| !sid.is_empty())
                .map(str::to_owned),
            base64: query.get("b64").is_some_and(|value| !value.is_empty()),
            jsonp: query.get("j").map(digits),
        })
    }
}

/// Undoes percent-encoding and the plus signs of forms.
pub(super) fn percent_decode(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'+', _) => (b' ', tail),
            (b'%', [high, low, behind @ ..]) => match hex(*high, *low) {
                Some(byte) => (byte, behind),
                None => (b'%', tail),
            },
            _ => (*first, tail),
        };
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?;
    u8::try_from(value).ok()
}

/// Most pairs of one query looked at.
const PAIRS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_split_and_decoded() {
        let query = Query::parse("EIO=4&transport=polling&room=%E7%9A%84+a%2&flag");
        assert_eq!(query.get("room"), Some("的 a%2"));
        assert_eq!(query.get("flag"), Some(""));
        let request = Request::parse(&query).unwrap();
        assert_eq!(request.version, Some(Version::V4));
        assert_eq!(request.sid, None);
    }

    #[test]
    fn only_the_digits_of_a_jsonp_function_are_taken() {
        let query = Query::parse("transport=polling&j=1);alert(2");
        let request = Request::parse(&query).unwrap();
        assert_eq!(request.jsonp.as_deref(), Some("12"));
    }

    #[test]
    fn an_error_object_has_the_code_and_the_words_of_the_reference() {
        assert_eq!(
            Refusal::UnknownSid.body(),
            r#"{"code":1,"message":"Session ID unknown"}"#
        );
    }
}
