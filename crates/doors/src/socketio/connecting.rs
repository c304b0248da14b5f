//! Words for connecting to a namespace and leaving it.

use bytes::Bytes;

use super::event::json;
use super::packet::{Kind, head};
use crate::engineio::{Query, Version};

/// A namespace as a client names it, and what it sent along to authenticate itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) namespace: String,
    /// A JSON object.
    pub(super) auth: Option<String>,
}

/// Takes a name apart: in the old revisions a query behind it authenticates.
pub(super) fn wanted(version: Version, name: &str, payload: Option<&str>) -> Wanted {
    match (version, name.split_once('?')) {
        (Version::V3, Some((namespace, query))) => Wanted {
            namespace: namespace.to_owned(),
            auth: Some(object(&Query::parse(query))),
        },
        _ => Wanted {
            namespace: name.to_owned(),
            auth: payload.map(str::to_owned),
        },
    }
}

/// The name alone.
pub(super) fn namespace_of(version: Version, name: &str) -> &str {
    match (version, name.split_once('?')) {
        (Version::V3, Some((namespace, _))) => namespace,
        _ => name,
    }
}

fn object(query: &Query) -> String {
    let fields = query.pairs();
    let fields: Vec<String> = fields
        .map(|(key, value)| format!("{}:{}", json(key), json(value)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// Whether a namespace may have this name.
pub(super) fn is_name(namespace: &str) -> bool {
    namespace.starts_with('/')
        && namespace.len() <= NAME_LENGTH
        && !namespace.chars().any(char::is_control)
}

/// The client's id in a namespace, where the client makes it up itself: from its session's.
pub(super) fn old_id(namespace: &str, sid: &str) -> String {
    match namespace {
        "/" => sid.to_owned(),
        _ => format!("{namespace}#{sid}"),
    }
}

/// "You are connected."
pub(super) fn welcome(version: Version, namespace: &str, id: &str) -> Bytes {
    let mut packet = head(Kind::Connect, namespace, None, 0);
    if version == Version::V4 {
        packet.push_str(&format!(r#"{{"sid":{}}}"#, json(id)));
    }
    packet.into()
}

/// "You are not, because."
pub(super) fn refusal(version: Version, namespace: &str, message: &str) -> Bytes {
    let mut packet = head(Kind::ConnectError, namespace, None, 0);
    let message = json(message);
    match version {
        Version::V3 => packet.push_str(&message),
        Version::V4 => packet.push_str(&format!(r#"{{"message":{message}}}"#)),
    }
    packet.into()
}

/// Longest name of a namespace, bytes.
const NAME_LENGTH: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_clients_authenticate_in_the_query_of_the_namespace() {
        let old = wanted(Version::V3, "/chat?token=a%22b", None);
        assert_eq!(old.namespace, "/chat");
        assert_eq!(old.auth.as_deref(), Some(r#"{"token":"a\"b"}"#));
    }

    #[test]
    fn a_welcome_names_the_id_to_those_that_do_not_know_it() {
        assert_eq!(welcome(Version::V4, "/a", "x"), r#"40/a,{"sid":"x"}"#);
        assert_eq!(welcome(Version::V3, "/", "x"), "40");
    }
}
