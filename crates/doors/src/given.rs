//! Fields that may be missing.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a field that is there, be it `null`, which is not the same as a missing one.
pub(crate) fn given<'de: 'a, 'a, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(input).map(Some)
}
