//! Each dialect, spoken by clients that hear exactly what is meant for them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../socketio/lab.rs"]
#[expect(dead_code, reason = "the tests of the protocol use the rest")]
mod lab;
mod limits;
mod script;

use std::path::Path;

use script::Script;

macro_rules! fixtures {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                Script::read(&folder().join(concat!($file, ".json"))).run();
            }
        )*

        #[test]
        fn every_fixture_is_played() {
            let mut files: Vec<String> = std::fs::read_dir(folder())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            let mut played = vec![$(concat!($file, ".json")),*];
            files.sort();
            played.sort();
            assert_eq!(files, played);
        }
    };
}

fixtures! {
    events_nobody_knows_go_to_the_others_in_the_room: "plain",
    rooms_of_two_are_created_or_joined: "codelab",
    an_id_in_front_is_the_receivers_and_becomes_the_senders: "target-first",
    an_id_at_the_end_is_the_receivers_and_becomes_the_senders: "target-last",
    an_object_names_its_receiver_and_gets_its_sender: "target-inside",
    a_newcomer_signals_to_everybody_in_the_room: "simple-peer",
    words_with_colons_are_translated: "colons",
    users_go_by_ids_of_their_own: "own-ids",
    a_user_who_is_back_in_time_was_never_gone: "own-ids-back",
    objects_arrive_without_their_target_where_others_joined: "otherjoin",
    the_room_comes_last: "room-last",
    a_room_may_be_named_in_an_object: "room-in-object",
    the_deployed_application_is_served: "deployed",
    a_drop_of_two_seconds_loses_nothing_and_tells_nobody: "deployed-drop",
    a_user_who_stays_away_leaves: "deployed-gone",
    the_application_with_other_names_is_served: "deployed-other-names",
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tutorial")
}
