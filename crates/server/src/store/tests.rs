use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_record_is_found_again_after_reopening() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.0).unwrap().store;
    store.put("person", "a", "{\"n\":1}").unwrap();
    store.put("person", "a", "{\"n\":2}").unwrap();
    store.put("call", "b", "{}").unwrap();
    store.delete("call", "b").unwrap();
    store.commit().unwrap();
    drop(store);
    let rows = Store::open(&folder.0).unwrap().rows;
    assert_eq!(
        rows,
        [Row {
            kind: "person".into(),
            key: "a".into(),
            body: "{\"n\":2}".into()
        }]
    );
}

#[test]
fn what_was_not_committed_is_not_found_again() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.0).unwrap().store;
    store.put("person", "a", "{}").unwrap();
    drop(store);
    assert_eq!(Store::open(&folder.0).unwrap().rows, []);
}

#[test]
fn every_file_of_the_store_is_private() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.0).unwrap().store;
    store.put("person", "a", "{}").unwrap();
    store.commit().unwrap();
    let modes: Vec<u32> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|e| e.unwrap().metadata().unwrap().permissions().mode() & 0o777)
        .collect();
    assert!(modes.len() >= 2);
    assert!(modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_one_works() {
    let folder = Folder::new();
    fs::write(
        folder.0.join(FILE),
        "this is no database at all, ".repeat(40),
    )
    .unwrap();
    let mut opened = Store::open(&folder.0).unwrap();
    let moved = opened.moved_aside.clone().unwrap();
    assert!(moved.to_string_lossy().contains("store.sqlite.damaged-"));
    assert!(
        fs::read_to_string(moved)
            .unwrap()
            .starts_with("this is no database")
    );
    opened.store.put("person", "a", "{}").unwrap();
    opened.store.commit().unwrap();
}

#[test]
fn a_page_overwritten_in_the_middle_counts_as_damage() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.0).unwrap().store;
    for n in 0..500 {
        store
            .put("person", &n.to_string(), &"x".repeat(200))
            .unwrap();
    }
    store.commit().unwrap();
    drop(store);
    let path = folder.0.join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert!(Store::open(&folder.0).unwrap().moved_aside.is_some());
}

#[test]
fn a_folder_that_does_not_exist_is_an_error_that_names_the_file() {
    let error = Store::open(Path::new("/nonexistent/magpie"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/nonexistent/magpie/store.sqlite"),
        "{error}"
    );
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let mut name = [0_u8; 8];
        aws_lc_rs::rand::fill(&mut name).unwrap();
        let path = std::env::temp_dir().join(format!(
            "magpie-store-{}",
            data_encoding::HEXLOWER.encode(&name)
        ));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
