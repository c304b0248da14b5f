//! docs/config.md, made from the table of keys.

use std::fmt::Write as _;

use super::key::{Count, KEYS, Key};

/// The text of docs/config.md; `magpie config docs` prints it, and a test keeps the file current.
#[must_use]
pub fn reference() -> String {
    let mut out = INTRODUCTION.to_owned();
    for key in KEYS {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            names(key),
            value(key),
            default(key),
            key.text
        );
    }
    out
}

fn names(key: &Key) -> String {
    let flag = if key.flag {
        format!("<br>`--{}`", key.flag_name())
    } else {
        String::new()
    };
    format!("`{}`{flag}<br>`{}`", key.name, key.variable())
}

fn value(key: &Key) -> String {
    let unit = match key.kind.unit() {
        "" => String::new(),
        unit => format!(", {unit}"),
    };
    let count = match key.count {
        Count::One => String::new(),
        Count::UpTo(most) => format!(", up to {most}"),
        Count::Many => ", any number".to_owned(),
    };
    // A bare bar would end the cell of the table.
    let placeholder = key.kind.placeholder().replace('|', "\\|");
    format!("{placeholder}{unit}{count}")
}

fn default(key: &Key) -> String {
    if key.default.is_empty() {
        "none".to_owned()
    } else {
        format!("`{}`", key.default)
    }
}

const INTRODUCTION: &str = "# Configuration

<!-- Made by `magpie config docs`. Change crates/server/src/config/key.rs, not this file. -->

Nothing needs to be configured. What is, comes from these sources; an earlier one wins over a later one:

1. a flag: `magpie --realm example.org`; a list repeats it: `--stun 0.0.0.0:3478 --stun [::]:3478`;
2. an environment variable: `MAGPIE_REALM=example.org`; a list is separated by commas; an empty variable counts as unset;
3. a TOML file: the one named by `--config FILE` or `MAGPIE_CONFIG`, else `magpie.toml` in the data folder if it is there.
   Text in quotes, numbers bare, lists as `[\"a\", \"b\"]`. Paths are relative to the file;
4. a turnserver.conf of coturn, where any source above names one with `turn_conf`: see [operate.md](operate.md#coming-from-coturn);
5. the default.

A stronger source replaces a whole list. An unknown key is a mistake; of environment variables only what looks like a misspelt one, since container
platforms set others of that prefix. All mistakes are reported at once, each with its source and key, and
nothing is started (exit code 2). `magpie config show` prints every key with its value and source, `magpie config check` only looks for mistakes.

| key, flag, variable | value | default | meaning |
| --- | --- | --- | --- |
";
