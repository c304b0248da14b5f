//! Any text for a configuration: TOML, or with a first byte `t` a turnserver.conf. It is taken, or every mistake is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use magpie_server::config::{Inputs, load, show};

/// Reads the text as the server would at its start.
pub(crate) fn run(input: &[u8]) {
    let Some((kind, text)) = input.split_first() else {
        return;
    };
    let file = File::with(text);
    let path = file.0.clone();
    let inputs = match kind {
        b't' => Inputs {
            flags: BTreeMap::from([("turn_conf", vec![path.display().to_string()])]),
            ..Inputs::default()
        },
        _ => Inputs {
            config: Some(path),
            ..Inputs::default()
        },
    };
    match load(&inputs) {
        Ok(loaded) => assert!(!show(&loaded).is_empty()),
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}

/// Gone when dropped. One at a time in a process.
struct File(PathBuf);

impl File {
    fn with(text: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("magpie-fuzz-{}", std::process::id()));
        fs::write(&path, text).expect("the folder of temporary files can be written");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}
