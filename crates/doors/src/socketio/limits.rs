//! The numbers that bound the protocol.

/// The bounds of one connection, and of all where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Namespaces of one connection.
    pub namespaces: usize,
    /// Attachments of one event.
    pub attachments: usize,
    /// Bytes of one event's attachments together.
    pub attachment_bytes: usize,
    /// Bytes of all incomplete events of all connections; past it the large ones have to go.
    pub assembling_bytes: usize,
    /// Answers one client waits for, and answers it is asked for; the oldest are forgotten.
    pub acks: usize,
    /// Milliseconds within which a client must have connected to a namespace.
    pub connect_ms: u64,
    /// Milliseconds within which all attachments of an event must have come.
    pub assembly_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            namespaces: 16,
            attachments: 64,
            attachment_bytes: 1_000_000,
            assembling_bytes: 32 * 1024 * 1024,
            acks: 256,
            connect_ms: 20_000,
            assembly_ms: 20_000,
        }
    }
}
