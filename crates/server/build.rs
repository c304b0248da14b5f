//! Embeds the page again whenever it was built again: the embedding macro alone does not notice new files.

use std::path::Path;

fn main() {
    let built = "../../web/app/dist";
    let watched = if Path::new(built).exists() {
        built
    } else {
        "../../web/app"
    };
    println!("cargo::rerun-if-changed={watched}");
}
