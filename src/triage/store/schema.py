"""The tables of the first version, and running scripts in the dialect of an engine.

Later migrations stand in modules of their own; `migrations` has them all.

Times are UTC epoch milliseconds. Ids of channels are TEXT. Brand leads every index.
"""

from __future__ import annotations

from triage.store.engine import Engine

FACTS = """
CREATE TABLE meta (key {text} PRIMARY KEY, value {text} NOT NULL) {strict};
CREATE TABLE brand (id {pk}, name {text} NOT NULL UNIQUE) {strict};
CREATE TABLE account (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    channel {text} NOT NULL,
    handle {text} NOT NULL,
    handle_key {text} NOT NULL,    -- folded, for comparing
    native_id {text},              -- unknown until the channel or an import told
    clocks_from_at {int},          -- older mentions are history; fixed by the first fetch
    added_at {int} NOT NULL,
    UNIQUE (brand_id, channel, handle_key)
) {strict};
CREATE TABLE customer (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    channel {text} NOT NULL,
    native_id {text} NOT NULL,     -- '@handle' while an import told only that
    handle {text} NOT NULL,
    handle_key {text} NOT NULL,
    name {text} NOT NULL,
    followers {int},
    first_at {int} NOT NULL,       -- posted_at of their first message here
    seen_at {int} NOT NULL,        -- posted_at of the message that told handle and name
    UNIQUE (brand_id, channel, native_id)
) {strict};
CREATE INDEX customer_handle ON customer (brand_id, handle_key);
CREATE TABLE former_handle (
    customer_id {int} NOT NULL REFERENCES customer (id),
    handle {text} NOT NULL,
    seen_at {int} NOT NULL,
    PRIMARY KEY (customer_id, handle)
) {strict};
CREATE TABLE conversation (
    id {pk},                       -- the id that people type
    brand_id {int} NOT NULL REFERENCES brand (id),
    account_id {int} REFERENCES account (id),
    channel {text} NOT NULL,
    thread_id {text} NOT NULL,
    customer_id {int} NOT NULL REFERENCES customer (id),
    merged_into {int} REFERENCES conversation (id),
    UNIQUE (brand_id, channel, thread_id, customer_id)
) {strict};
CREATE INDEX conversation_customer ON conversation (customer_id);
CREATE TABLE message (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    account_id {int} REFERENCES account (id), -- wrote it (ours) or was asked (theirs)
    channel {text} NOT NULL,
    native_id {text} NOT NULL,     -- the first id of its edit history
    version_id {text} NOT NULL,    -- the id of the version whose text is here
    role {text} NOT NULL,          -- mention, incidental, retweet, own, context
    customer_id {int} REFERENCES customer (id), -- NULL for our own
    conversation_id {int} REFERENCES conversation (id),
    text {text} NOT NULL,
    lang {text},
    posted_at {int} NOT NULL,
    fetched_at {int} NOT NULL,
    deleted_at {int},
    thread_id {text} NOT NULL,
    in_reply_to {text},
    in_reply_to_author {text},
    quotes {text},
    url {text},
    visibility {text} NOT NULL,
    is_history {int} NOT NULL,     -- kept without clocks
    UNIQUE (brand_id, channel, native_id)
) {strict};
CREATE INDEX message_thread ON message (brand_id, channel, thread_id);
CREATE INDEX message_conversation ON message (conversation_id, posted_at)
    WHERE conversation_id IS NOT NULL;
CREATE INDEX message_posted ON message (brand_id, posted_at);
CREATE INDEX message_quotes ON message (brand_id, channel, quotes) WHERE quotes IS NOT NULL;
CREATE TABLE message_version (
    message_id {int} NOT NULL REFERENCES message (id),
    version_id {text} NOT NULL,
    text {text} NOT NULL,
    seen_at {int} NOT NULL,
    PRIMARY KEY (message_id, version_id)
) {strict};
CREATE INDEX message_version_id ON message_version (version_id);
CREATE TABLE payload (
    message_id {int} PRIMARY KEY REFERENCES message (id),
    raw {json} NOT NULL,           -- as the channel sent it: archive, never queried
    stored_at {int} NOT NULL
) {strict};
CREATE TABLE settings (
    id {pk},
    fingerprint {text} NOT NULL UNIQUE,
    body {json} NOT NULL,
    rules_fingerprint {text} NOT NULL,
    applied_by {text} NOT NULL,
    applied_at {int} NOT NULL
) {strict};
CREATE TABLE activity (
    id {pk},
    uuid {text} NOT NULL UNIQUE,   -- made by the client: the same act twice is one
    brand_id {int} NOT NULL REFERENCES brand (id),
    at {int} NOT NULL,
    agent {text} NOT NULL,
    what {text} NOT NULL,
    conversation_id {int} REFERENCES conversation (id),
    message_id {int} REFERENCES message (id),
    before {text},
    after {text},
    detail {text} NOT NULL,
    seen_at {int},                 -- newest mention that the agent had seen: its posted_at
    seen_id {text},                -- and its native id
    voids_id {int} REFERENCES activity (id)
) {strict};
CREATE INDEX activity_conversation ON activity (conversation_id, what);
CREATE INDEX activity_message ON activity (message_id, what);
CREATE INDEX activity_brand ON activity (brand_id, at);
"""

VERDICTS = """
CREATE TABLE verdict (
    message_id {int} PRIMARY KEY REFERENCES message (id),
    settings_id {int} NOT NULL REFERENCES settings (id),
    kind {text} NOT NULL,
    scores {json} NOT NULL,
    because {json} NOT NULL
) {strict};
CREATE TABLE wait (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    account_id {int} REFERENCES account (id),
    conversation_id {int} NOT NULL REFERENCES conversation (id),
    state {text} NOT NULL,
    kind {text} NOT NULL,
    priority {int} NOT NULL,
    needs_answer {int} NOT NULL,
    opening_id {int} NOT NULL REFERENCES message (id),
    last_id {int} NOT NULL REFERENCES message (id),
    mentions {int} NOT NULL,
    opened_at {int} NOT NULL,
    fetched_at {int} NOT NULL,
    due_at {int},
    due_by {int} REFERENCES message (id),
    warn_at {int},
    settings_id {int} NOT NULL REFERENCES settings (id),
    ended_at {int},
    ended_by_message {int} REFERENCES message (id),
    ended_by_activity {int} REFERENCES activity (id),
    agent {text} NOT NULL,
    outside {int} NOT NULL,
    is_met {int}
) {strict};
CREATE INDEX wait_conversation ON wait (conversation_id);
CREATE INDEX wait_opened ON wait (brand_id, opened_at);
-- The queue reads this index and nothing else, so it does not grow with the archive.
CREATE INDEX wait_open ON wait
    (brand_id, account_id, due_at, priority, kind, needs_answer, opened_at, warn_at,
     conversation_id, id)
    WHERE state = 'open';
CREATE TABLE unjudged (
    brand_id {int} NOT NULL REFERENCES brand (id),
    channel {text} NOT NULL,
    thread_id {text} NOT NULL,
    PRIMARY KEY (brand_id, channel, thread_id)
) {strict};
"""

OUTBOX = """
CREATE TABLE reply (
    id {pk},
    uuid {text} NOT NULL UNIQUE,
    brand_id {int} NOT NULL REFERENCES brand (id),
    account_id {int} NOT NULL REFERENCES account (id),
    conversation_id {int} REFERENCES conversation (id),
    in_reply_to {text},
    text {text} NOT NULL,
    text_key {text} NOT NULL,      -- hash of the normalised text
    state {text} NOT NULL,
    agent {text} NOT NULL,
    seen_at {int},
    seen_id {text},
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    attempted_at {int},
    attempts {int} NOT NULL,
    retry_at {int},
    native_id {text},
    detail {text} NOT NULL
) {strict};
CREATE INDEX reply_state ON reply (brand_id, state);
CREATE INDEX reply_native ON reply (brand_id, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX reply_conversation ON reply (conversation_id);
-- The same text to the same post cannot be on its way twice, whoever asks.
CREATE UNIQUE INDEX reply_in_flight ON reply (account_id, coalesce(in_reply_to, ''), text_key)
    WHERE state IN ('queued', 'sending', 'unknown');
"""

MARKS = """
CREATE TABLE checkpoint (
    account_id {int} NOT NULL REFERENCES account (id),
    stream {text} NOT NULL,
    reached_id {text},             -- everything up to here was read
    walk_target_id {text},         -- newest id of the walk that is under way
    walk_floor_id {text},          -- how far down it must go
    walk_oldest_id {text},         -- how far down it got
    walk_token {text},
    walk_seen {int} NOT NULL,
    completed_at {int},            -- when a walk was last finished
    PRIMARY KEY (account_id, stream)
) {strict};
CREATE TABLE gap (
    id {pk},
    account_id {int} NOT NULL REFERENCES account (id),
    stream {text} NOT NULL,
    after_id {text} NOT NULL,
    before_id {text} NOT NULL,
    found_at {int} NOT NULL,
    UNIQUE (account_id, stream, after_id, before_id)
) {strict};
CREATE TABLE rate_limit (
    account_id {int} NOT NULL REFERENCES account (id),
    endpoint {text} NOT NULL,
    reset_at {int} NOT NULL,
    PRIMARY KEY (account_id, endpoint)
) {strict};
CREATE TABLE run (
    id {pk},
    account_id {int} NOT NULL REFERENCES account (id),
    started_at {int} NOT NULL,
    ended_at {int},
    outcome {text} NOT NULL,
    new_mentions {int} NOT NULL,
    new_own {int} NOT NULL,
    detail {text} NOT NULL
) {strict};
CREATE INDEX run_account ON run (account_id, started_at);
CREATE TABLE search_mark (id {int} PRIMARY KEY, through_id {int} NOT NULL) {strict};
INSERT INTO search_mark (id, through_id) VALUES (1, 0);
"""

SEARCH_SQLITE = """
CREATE VIRTUAL TABLE message_fts USING fts5 (
    text, content="message", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER message_fts_update AFTER UPDATE OF text ON message
    WHEN old.id <= (SELECT through_id FROM search_mark WHERE id = 1) BEGIN
    INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO message_fts (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_fts_delete AFTER DELETE ON message
    WHEN old.id <= (SELECT through_id FROM search_mark WHERE id = 1) BEGIN
    INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;
"""
"""Inserts are not triggered: they are indexed in batches behind `search_mark`."""

SEARCH_POSTGRESQL = """
CREATE TABLE message_fts (
    rowid BIGINT PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    words TSVECTOR                 -- NULL: to be indexed
);
CREATE INDEX message_fts_words ON message_fts USING gin (words);
CREATE INDEX message_fts_waiting ON message_fts (rowid) WHERE words IS NULL;
CREATE FUNCTION message_fts_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO message_fts (rowid) VALUES (new.id);
    RETURN NULL;
END $$;
CREATE FUNCTION message_fts_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE message_fts SET words = NULL WHERE rowid = new.id;
    RETURN NULL;
END $$;
CREATE TRIGGER message_fts_insert AFTER INSERT ON message
    FOR EACH ROW EXECUTE FUNCTION message_fts_new();
CREATE TRIGGER message_fts_update AFTER UPDATE OF text ON message
    FOR EACH ROW WHEN (old.text <> new.text) EXECUTE FUNCTION message_fts_changed();
"""
"""Words are cut by the program, so that both find the same; see `search_pg`. Ids do not become
visible in their order here, so a row says by itself that it waits to be indexed."""

SEARCH = {"sqlite": SEARCH_SQLITE, "postgresql": SEARCH_POSTGRESQL}


def iso(column: str) -> str:
    """A time that people and Datasette read."""
    return f"{{iso_open}}{column}{{iso_close}}"


VIEWS = f"""
CREATE VIEW mentions AS
SELECT m.id, m.conversation_id AS conversation, b.name AS brand, a.handle AS account, m.channel,
    c.handle AS customer, c.name AS customer_name, v.kind, m.role, m.text, m.lang,
    {iso("m.posted_at")} AS posted_at, {iso("m.fetched_at")} AS fetched_at,
    {iso("m.deleted_at")} AS deleted_at, m.url, m.native_id
FROM message m JOIN brand b ON b.id = m.brand_id JOIN customer c ON c.id = m.customer_id
    LEFT JOIN account a ON a.id = m.account_id LEFT JOIN verdict v ON v.message_id = m.id
WHERE m.role IN ('mention', 'incidental');
CREATE VIEW waits AS
SELECT w.id, w.conversation_id AS conversation, b.name AS brand, a.handle AS account,
    c.handle AS customer, w.kind, w.state, w.needs_answer, w.mentions,
    {iso("w.opened_at")} AS opened_at, {iso("w.fetched_at")} AS fetched_at,
    {iso("w.due_at")} AS due_at, {iso("w.ended_at")} AS ended_at,
    (w.ended_at - w.opened_at) / 1000 AS waited_s, w.is_met, w.outside, w.agent, w.settings_id
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id LEFT JOIN account a ON a.id = w.account_id;
CREATE VIEW queue AS
SELECT w.conversation_id AS id, b.name AS brand, a.handle AS account, c.handle AS customer,
    w.kind, {iso("w.opened_at")} AS waiting_since_at, {iso("w.due_at")} AS due_at,
    w.mentions, m.text, m.url
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.last_id
    LEFT JOIN account a ON a.id = w.account_id
WHERE w.state = 'open' AND w.needs_answer = 1
ORDER BY w.priority DESC, w.due_at, w.conversation_id;
"""


_ENDS = ("END;", "END $$;")


def statements(script: str) -> list[str]:
    """Split a script into its statements; the body of a trigger stays one."""
    parts: list[str] = []
    lines: list[str] = []
    depth = 0
    for line in script.splitlines():
        code = line.split("--")[0].rstrip()
        if not code.strip():
            continue
        lines.append(code)
        depth += code.endswith("BEGIN")
        depth -= code in _ENDS
        if code.endswith(";") and depth == 0:
            parts.append("\n".join(lines).rstrip(";"))
            lines = []
    return parts


def run(engine: Engine, *scripts: str) -> None:
    """Run scripts in the dialect of an engine."""
    for script in scripts:
        for statement in statements(script.format_map(engine.tokens)):
            engine.execute(statement)
