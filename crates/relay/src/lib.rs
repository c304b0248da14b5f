//! STUN and TURN server as a state machine without I/O.

pub mod credentials;
