//! People, calls and signalling as a state machine without I/O.
