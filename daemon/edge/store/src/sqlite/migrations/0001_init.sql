-- The journal and small tables of one node. Digests are 33 bytes (algorithm, hash); times are unix milliseconds.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the last statement of every append moves it, so feed numbers are commit order.
CREATE TABLE feed (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    feed_id BLOB NOT NULL,
    feed_offset INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE streams (
    id INTEGER NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    author TEXT NOT NULL,
    incarnation BLOB NOT NULL,
    subject TEXT NOT NULL,
    reach INTEGER NOT NULL,
    lane INTEGER NOT NULL
) STRICT;

-- `has_payload` says that the payload was here and was not erased: its absence then is damage.
-- The two long columns stand last, so that scans of the feed do not read past them.
CREATE TABLE entries (
    feed INTEGER NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    stream INTEGER NOT NULL REFERENCES streams (id),
    seq INTEGER NOT NULL,
    previous BLOB,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    subject TEXT NOT NULL,
    reach INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    operator TEXT,
    written_at_ms INTEGER NOT NULL,
    committed_at_ms INTEGER NOT NULL,
    about TEXT,
    source TEXT,
    feed_hash BLOB NOT NULL,
    payload_digest BLOB NOT NULL,
    payload_bytes INTEGER NOT NULL,
    has_payload INTEGER NOT NULL,
    erased_by BLOB,
    header BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX entries_chain ON entries (stream, seq, hash);
CREATE INDEX entries_about ON entries (about, feed) WHERE about IS NOT NULL;
CREATE INDEX entries_kind ON entries (kind, feed);
CREATE INDEX entries_trust ON entries (feed) WHERE lane = 1;

-- Apart from `entries`, so that an erasure deletes a row and a scan of the feed reads a third of the pages;
-- by feed number, because random keys cost half of the insert rate (measured: 19,000 against 10,000 rows a second).
CREATE TABLE payloads (
    feed INTEGER NOT NULL PRIMARY KEY REFERENCES entries (feed),
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE tips (
    stream INTEGER NOT NULL REFERENCES streams (id),
    hash BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (stream, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE wants (
    peer TEXT NOT NULL,
    stream INTEGER NOT NULL REFERENCES streams (id),
    tip_hash BLOB NOT NULL,
    tip_seq INTEGER NOT NULL,
    why TEXT NOT NULL,
    stopped TEXT,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (peer, stream, tip_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX wants_tip ON wants (tip_hash);

CREATE TABLE positions (
    peer TEXT NOT NULL,
    direction TEXT NOT NULL,
    feed_id BLOB NOT NULL,
    feed_offset INTEGER NOT NULL,
    hash BLOB NOT NULL,
    epoch BLOB NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (peer, direction)
) STRICT, WITHOUT ROWID;

CREATE TABLE projections (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    feed INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY,
    peer TEXT NOT NULL,
    carrier TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    entries_sent INTEGER NOT NULL DEFAULT 0,
    entries_received INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    code TEXT
) STRICT;

CREATE INDEX sessions_peer ON sessions (peer, id);

CREATE TABLE peers (
    division TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    address TEXT,
    tls_fingerprint TEXT,
    feed_id BLOB,
    daemon_id BLOB,
    host TEXT,
    last_contact_ms INTEGER,
    mode TEXT NOT NULL,
    schedule TEXT,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

