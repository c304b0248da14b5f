//! Client protocols: bytes of a client to and from typed hub inputs and effects.
