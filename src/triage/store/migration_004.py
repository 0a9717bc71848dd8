"""What fetch and reply are trusted for: schedules, threads, claims, what calls cost, and edits."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

REPLIES = """
-- While it is scheduled: when it is to be queued.
ALTER TABLE reply ADD COLUMN send_at {int};
ALTER TABLE reply ADD COLUMN schedule {text} NOT NULL DEFAULT '';
-- A numbered thread: the part before it, its number, and how many there are.
ALTER TABLE reply ADD COLUMN follows_id {int} REFERENCES reply (id);
ALTER TABLE reply ADD COLUMN part {int} NOT NULL DEFAULT 0;
ALTER TABLE reply ADD COLUMN parts {int} NOT NULL DEFAULT 0;
-- When a person asked for it to be taken back.
ALTER TABLE reply ADD COLUMN undo_at {int};
CREATE INDEX reply_undo ON reply (brand_id) WHERE undo_at IS NOT NULL;
CREATE INDEX reply_follows ON reply (follows_id) WHERE follows_id IS NOT NULL;
"""

MEDIA = """
CREATE TABLE reply_media (
    reply_id {int} NOT NULL REFERENCES reply (id),
    position {int} NOT NULL,       -- from 1
    path {text} NOT NULL,          -- where the file was when it was attached
    sha256 {text} NOT NULL,        -- of its bytes then: another content is not sent
    bytes {int} NOT NULL,
    media_type {text} NOT NULL,    -- such as image/png
    alt {text} NOT NULL,           -- what somebody hears who cannot see it
    native_id {text},              -- the channel's id of the upload
    uploaded_at {int},
    PRIMARY KEY (reply_id, position)
) {strict};
"""

CLAIMS = """
CREATE TABLE claim (
    conversation_id {int} PRIMARY KEY REFERENCES conversation (id),
    brand_id {int} NOT NULL REFERENCES brand (id),
    agent {text} NOT NULL,
    claimed_at {int} NOT NULL,
    until_at {int} NOT NULL,       -- the lease: from then on it is nobody's
    taken_from {text}              -- whose it was when it was taken over
) {strict};
CREATE INDEX claim_brand ON claim (brand_id, until_at);
-- Who typed it, once somebody else has sent it; empty while that is the same person.
ALTER TABLE reply ADD COLUMN written_by {text} NOT NULL DEFAULT '';
"""

USAGE = """
-- What was asked of a channel and what it cost, at the prices of its day; small for years.
CREATE TABLE usage (
    account_id {int} NOT NULL REFERENCES account (id),
    day {text} NOT NULL,           -- UTC, such as 2026-11-28
    line {text} NOT NULL,          -- an endpoint, or what a write is charged as
    calls {int} NOT NULL,
    resources {int} NOT NULL,
    repeated {int} NOT NULL,       -- of them, read before on that day
    micros {int} NOT NULL,         -- millionths of a US dollar, without the repeated
    repeated_micros {int} NOT NULL,
    last_at {int} NOT NULL,
    PRIMARY KEY (account_id, day, line)
) {strict};
CREATE INDEX usage_day ON usage (day, account_id);
-- What was read today, and is not charged again; days that are over are cleaned up.
CREATE TABLE usage_seen (
    day {text} NOT NULL,
    app {text} NOT NULL,
    thing {text} NOT NULL,         -- p: and a post's id, or u: and a user's; + for free
    PRIMARY KEY (day, app, thing)
) {strict};
-- Requests by slot of their beginning, as long as they matter to a limit.
CREATE TABLE rate_taken (
    who {text} NOT NULL,           -- app: and a name, or account: and its id
    endpoint {text} NOT NULL,
    slot {int} NOT NULL,
    calls {int} NOT NULL,
    PRIMARY KEY (who, endpoint, slot)
) {strict};
-- What a header told last of a window.
CREATE TABLE rate_told (
    who {text} NOT NULL,
    endpoint {text} NOT NULL,
    allowed {int} NOT NULL,        -- in one window
    remaining {int} NOT NULL,
    reset_at {int} NOT NULL,
    PRIMARY KEY (who, endpoint)
) {strict};
"""

EDITS = """
-- Why the channel gives it no more (deleted, withheld, protected, suspended). NULL: it does.
ALTER TABLE message ADD COLUMN absent {text};
-- When its text was taken out of this file.
ALTER TABLE message ADD COLUMN purged_at {int};
UPDATE message SET absent = 'deleted' WHERE deleted_at IS NOT NULL;
-- Small, and empty most of the time: what is to be taken out.
CREATE INDEX message_absent ON message (brand_id, id) WHERE absent IS NOT NULL
    AND purged_at IS NULL;
-- A version that only its id is known of has no text.
ALTER TABLE message_version ADD COLUMN written_at {int};
UPDATE message_version SET written_at = (CAST(version_id AS BIGINT) >> 22) + 1288834974657
    WHERE length(version_id) BETWEEN 15 AND 19 AND EXISTS (SELECT 1 FROM message m
        WHERE m.id = message_version.message_id AND m.channel = 'x');
-- What a mention was taken for before it was edited, under each snapshot that had to say.
CREATE TABLE version_verdict (
    message_id {int} NOT NULL REFERENCES message (id),
    version_id {text} NOT NULL,
    settings_id {int} NOT NULL REFERENCES settings (id),
    kind {text} NOT NULL,
    priority {text},
    PRIMARY KEY (message_id, version_id, settings_id)
) {strict};
-- How far each ring of stored posts was read again.
CREATE TABLE reread (
    account_id {int} NOT NULL REFERENCES account (id),
    ring {text} NOT NULL,          -- open, recent, old
    posted_at {int} NOT NULL,      -- of the last message that was read again
    message_id {int} NOT NULL,     -- and our id of it
    PRIMARY KEY (account_id, ring)
) {strict};
-- Posts that others answer and that we asked for once, had or not.
CREATE TABLE parent (
    brand_id {int} NOT NULL REFERENCES brand (id),
    channel {text} NOT NULL,
    native_id {text} NOT NULL,
    level {int} NOT NULL,          -- 1 is what a mention answers, 2 what that one answers
    asked_at {int} NOT NULL,
    outcome {text} NOT NULL,       -- found, silence, or why it is absent
    PRIMARY KEY (brand_id, channel, native_id)
) {strict};
-- What was there before is not asked for.
INSERT INTO meta (key, value) SELECT 'parents_through', CAST(coalesce(max(id), 0) AS TEXT)
    FROM message;
ALTER TABLE gap ADD COLUMN about {int}; -- how many posts, at the pace of those that were read
ALTER TABLE gap ADD COLUMN after_at {int}; -- the time of after_id
ALTER TABLE gap ADD COLUMN before_at {int};
ALTER TABLE gap ADD COLUMN closed_at {int}; -- it was read after all
ALTER TABLE run ADD COLUMN missed {int} NOT NULL DEFAULT 0; -- found by a sweep alone
"""


def migrate(engine: Engine) -> None:
    """Add the columns and tables."""
    run(engine, REPLIES, MEDIA, CLAIMS, USAGE, EDITS)
