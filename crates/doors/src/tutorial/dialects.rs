//! What servers of tutorials do beyond passing events on, one row each.
//!
//! A client is taken to speak the dialect of the event it joined a room with. Adding one is a row here and a fixture in
//! `fixtures/tutorial`.

/// A way of joining rooms and addressing others.
#[derive(Debug)]
pub(super) struct Dialect {
    /// The events a client joins with.
    pub(super) joins: &'static [&'static str],
    /// What must come with them.
    pub(super) shape: Shape,
    /// Clients in a room.
    pub(super) limit: usize,
    /// Said when somebody joins, in this order.
    pub(super) greeting: &'static [Say],
    /// Said to a client whose room is full.
    pub(super) full: &'static [Say],
    /// Said to a client whose user is in the room already; empty: that is no fault.
    pub(super) present: &'static [Say],
    /// The events a client leaves with.
    pub(super) leaves: &'static [&'static str],
    /// Said when somebody leaves or is gone.
    pub(super) farewell: &'static [Say],
    /// Said to a client that left of its own will.
    pub(super) left: &'static [Say],
    /// Events that become others.
    pub(super) routes: &'static [Route],
    /// How objects with a target arrive.
    pub(super) direct: Direct,
}

/// What comes with an event that joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The room.
    Room,
    /// The room, then the user.
    RoomUser,
    /// An object with `roomId` and `userId`.
    Users,
    /// An object with `room`.
    Object,
}

/// Something the server says.
#[derive(Debug)]
pub(super) struct Say {
    pub(super) event: &'static str,
    pub(super) to: Whom,
    pub(super) when: When,
    pub(super) values: &'static [Value],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    Joiner,
    Others,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// The room was empty.
    First,
    /// Somebody was there.
    Later,
}

/// What comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// The room's name as it came.
    Room,
    /// The joiner's id.
    Id,
    /// The ids of the others in the room.
    Others,
    /// The user as it came, or the joiner's id.
    User,
    /// What came with the event that joined.
    Given,
    /// The user id and the room.
    UserObject,
    /// The same, and all users of the room.
    UserList,
    /// The room, the joiner's id under the names in use, and the others.
    Peer,
    /// The joiner's `email` and id.
    Email,
    /// These words.
    Words(&'static str),
}

/// An event that arrives under another name at the one it names.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) event: &'static str,
    pub(super) becomes: &'static str,
    /// The field that names the receiver.
    pub(super) target: &'static str,
    /// The fields that are passed on.
    pub(super) keep: &'static [&'static str],
    /// The field the sender's id is put into.
    pub(super) sender: &'static str,
}

/// How an object with a target arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direct {
    /// As it came, with the sender's id as `from`.
    Whole,
    /// The same without the field that named the receiver.
    Bare,
}

const fn say(event: &'static str, to: Whom, when: When, values: &'static [Value]) -> Say {
    Say {
        event,
        to,
        when,
        values,
    }
}

const fn to_joiner(event: &'static str, values: &'static [Value]) -> Say {
    say(event, Whom::Joiner, When::Always, values)
}

const fn to_others(event: &'static str, values: &'static [Value]) -> Say {
    say(event, Whom::Others, When::Always, values)
}

/// What a row has unless it says otherwise.
const PLAIN: Dialect = Dialect {
    joins: &[],
    shape: Shape::Room,
    limit: 8,
    greeting: &[],
    full: &[],
    present: &[],
    leaves: &[],
    farewell: &[],
    left: &[],
    routes: &[],
    direct: Direct::Whole,
};

/// The dialects. Where two share an event, the first whose shape fits is meant.
pub(super) static DIALECTS: [Dialect; 8] = [
    // Deployed application.
    Dialect {
        joins: &["join"],
        shape: Shape::Users,
        limit: 2,
        greeting: &[
            to_joiner("joined", &[Value::UserObject]),
            say("welcome", Whom::All, When::Always, &[Value::UserList]),
            to_others("createOffer", &[Value::UserObject]),
        ],
        full: &[to_joiner(
            "error",
            &[Value::Words("房间人数已满，请稍后再试")],
        )],
        present: &[to_joiner("error", &[Value::Words("用户已在房间里")])],
        leaves: &["leave"],
        farewell: &[to_others("leave", &[Value::UserObject])],
        ..PLAIN
    },
    // Deployed application, the other names.
    Dialect {
        joins: &["join room"],
        shape: Shape::Users,
        greeting: &[to_others(
            "welcome",
            &[Value::Words("a user has joined"), Value::Id],
        )],
        full: &[to_joiner(
            "joining error",
            &[Value::Words("房间人数已满，请稍后再试")],
        )],
        present: &[to_joiner(
            "joining error",
            &[Value::Words("用户已在房间里")],
        )],
        leaves: &["leave", "leave room"],
        farewell: &[to_others("close", &[Value::User, Value::Id])],
        ..PLAIN
    },
    // Codelab.
    Dialect {
        joins: &["create or join"],
        limit: 2,
        greeting: &[
            say(
                "created",
                Whom::Joiner,
                When::First,
                &[Value::Room, Value::Id],
            ),
            say("join", Whom::Others, When::Later, &[Value::Room]),
            say(
                "joined",
                Whom::Joiner,
                When::Later,
                &[Value::Room, Value::Id],
            ),
            say("ready", Whom::All, When::Later, &[Value::Room]),
        ],
        full: &[to_joiner("full", &[Value::Room])],
        ..PLAIN
    },
    // Simple-peer rooms.
    Dialect {
        joins: &["join room"],
        greeting: &[to_joiner("all users", &[Value::Others])],
        full: &[to_joiner("room full", &[])],
        farewell: &[to_others("user left", &[Value::Id])],
        routes: &[
            Route {
                event: "sending signal",
                becomes: "user joined",
                target: "userToSignal",
                keep: &["signal"],
                sender: "callerID",
            },
            Route {
                event: "returning signal",
                becomes: "receiving returned signal",
                target: "callerID",
                keep: &["signal"],
                sender: "id",
            },
        ],
        ..PLAIN
    },
    // Words with colons.
    Dialect {
        joins: &["room:join"],
        shape: Shape::Object,
        greeting: &[
            to_others("user:joined", &[Value::Email]),
            to_joiner("room:join", &[Value::Given]),
        ],
        full: &[to_joiner("room:full", &[Value::Given])],
        farewell: &[to_others("user:left", &[Value::Email])],
        routes: &[
            call("user:call", "incomming:call", "offer"),
            call("call:accepted", "call:accepted", "ans"),
            call("peer:nego:needed", "peer:nego:needed", "offer"),
            call("peer:nego:done", "peer:nego:final", "ans"),
        ],
        ..PLAIN
    },
    // Users by their own ids.
    Dialect {
        joins: &["join-room"],
        shape: Shape::RoomUser,
        greeting: &[to_others("user-connected", &[Value::User])],
        full: &[to_joiner("full", &[Value::Room])],
        leaves: &["leave-room"],
        farewell: &[to_others("user-disconnected", &[Value::User])],
        ..PLAIN
    },
    // Join and otherjoin.
    Dialect {
        joins: &["join"],
        greeting: &[
            to_joiner("joined", &[Value::Room, Value::Id]),
            to_joiner("resp-join", &[Value::Peer]),
            to_others("otherjoin", &[Value::Room, Value::Id]),
            to_others("new-peer", &[Value::Peer]),
        ],
        full: &[to_joiner("full", &[Value::Room, Value::Id])],
        leaves: &["leave"],
        farewell: &[
            to_others("bye", &[Value::Room, Value::Id]),
            to_others("peer-leave", &[Value::Peer]),
        ],
        left: &[to_joiner("leaved", &[Value::Room, Value::Id])],
        direct: Direct::Bare,
        ..PLAIN
    },
    // Room last.
    Dialect {
        joins: &["join_room", "joinRoom", "enter_room"],
        greeting: &[to_others("welcome", &[Value::Id])],
        full: &[to_joiner("full", &[Value::Room])],
        leaves: &["leave_room", "leaveRoom"],
        farewell: &[to_others("bye", &[Value::Id])],
        ..PLAIN
    },
];

const fn call(event: &'static str, becomes: &'static str, what: &'static str) -> Route {
    Route {
        event,
        becomes,
        target: "to",
        keep: match what.as_bytes() {
            b"offer" => &["offer"],
            _ => &["ans"],
        },
        sender: "from",
    }
}

/// The route of an event, whoever sends it: the names are unmistakable.
pub(super) fn route(event: &str) -> Option<&'static Route> {
    let mut routes = DIALECTS.iter().flat_map(|dialect| dialect.routes);
    routes.find(|route| route.event == event)
}
