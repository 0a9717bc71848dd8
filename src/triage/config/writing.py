"""Write the configuration and the credentials, for `triage init`; `config.example.toml` too."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from triage.errors import Refused, TriageError

PRIVATE = 0o600

_TEMPLATE = """\
# The configuration of triage. Settings that begin with # are at their default.
# After a change: triage config check
# Spans are written like "90s", "60m", "4h", "2d" or "1h30m".
# No secrets here: they belong in credentials.toml beside this file (mode 0600), in the
# environment, or behind a token_command (see [credentials]).

# Who is written to: one name over all accounts. Default: the handle of the first account.
brand = {brand}

# Who works here. TRIAGE_AGENT wins over this; default: your login.
{agent}

# The others who work here, so that their names are known before they have done anything:
# triage assign, triage team.
#agents = []

# The time zone in which times are shown and read: an IANA name.
time_zone = {time_zone}

# The store: a file, or postgresql://USER@HOST/DATABASE on a server for a team on several computers
# (docs/postgresql.md). ~ is your home; a relative path starts at this file's directory. --db,
# TRIAGE_DB and TRIAGE_STORE win over this. A password belongs into ~/.pgpass, not here. The same
# as a table: [store] with path = "..." or url = "...".
{store}

# An account of the brand. For more, repeat the table. An answer by any of them counts.
[[account]]
channel = "x"
handle = {handle}
# The time zone of the people of this account. Default: time_zone of this file.
#time_zone = {time_zone}
# The language in which countdowns of events are said: en, es, fr, de, pt, it or nl.
#language = "en"
# A name for the developer app whose keys it uses: accounts with the same one share its limits.
#app = "app"
# Only for the sandbox, on this computer: where requests go instead of X.
{base_url}

# How long whom may wait. What stands right under [sla] holds for all of it; see docs/clock.md.
[sla]
# The calendar in whose hours time is counted: "always", or one of your own from below.
#calendar = "always"
# In which states of hold a clock stands: "snoozed", "waiting-on-customer", "on-hold".
#pauses = []
# Send alerts at once, also while the calendar is closed.
#alert_when_closed = false

# How long each kind of mention may wait for an answer, and how long before that it counts as due
# soon. "none" as respond_within: no answer is due. Where you set respond_within without
# warn_before, the warning comes when a quarter of the time is left.
[sla.complaint]
#respond_within = "60m"
# The same for whoever was answered before and writes again. Default: as respond_within.
#next_response_within = "60m"
# A span, or a share of the time: "25%".
#warn_before = "15m"
# These three can be set for each kind as well.
#calendar = "always"
#pauses = []
#alert_when_closed = false

[sla.question]
#respond_within = "4h"
#warn_before = "1h"

[sla.other]
#respond_within = "24h"
#warn_before = "2h"

[sla.praise]
#respond_within = "none"
#warn_before = "0s"

# A promise to some only. The first that holds is taken, in the order of the file; then the kind's
# own. Whom it is for: kind, priority (of the rules; "any"), account, and what `triage customer set`
# noted of the customer. What is left out holds for everybody.
#[[sla.policy]]
#name = "vip"
#kind = ["complaint", "question"]
#priority = ["any"]
#account = ["acme"]
#customer = {{ vip = true }}
#respond_within = "15m"
#next_response_within = "30m"
#warn_before = "50%"
#calendar = "always"
#pauses = ["waiting-on-customer"]
#alert_when_closed = true

# Opening hours, under a name of your own; as many as you like.
# See what it makes of a month: triage calendar show --calendar office
#[calendar.office]
# Default: time_zone of this file.
#time_zone = "Europe/Madrid"
# By weekday, or "24/7". A range such as "22:00-06:00" goes on over midnight.
#hours = {{ mon-fri = ["09:00-14:00", "15:00-18:00"], sat = ["10:00-14:00"] }}
# Public holidays of a country, or of a region of it.
#holidays = ["ES-MD"]
# Days off of your own: "2026-12-24", or "2026-12-24..2027-01-02".
#closed = ["2026-12-24"]
# A day with hours of its own, or none; it wins over closed and holidays.
#[[calendar.office.special]]
#date = "2026-12-05"
#hours = ["10:00-20:00"]
#name = "Black Saturday"

[fetch]
# At the first fetch of an account, what is older than this is kept as history: no clocks.
#since = "48h"
# A fetch stops in good order after this long; the next one goes on from there.
#deadline = "4m"
# How far a fetch reads back over what it has seen, for posts that come late.
#overlap = "15m"
# Posts in one request, 5 to 100.
#page_size = 100
# How the API spells its fields, which X is renaming: "tweet" or "post".
#fields = "tweet"
# How long one request may take.
#timeout = "20s"
# Some mentions never come up where X is asked for what is newer than a post. So often all of the
# last sweep is read once more without asking like that: each mention some times more, of which X
# charges one per UTC day. "0s": never.
#sweep_every = "6h"
#sweep = "24h"
# How many posts a fetch may ask for that a thread answers and that did not come along (0.005 USD
# each). Each is asked for once, whatever comes of it. 0: none.
#context_budget = 10
# Where nothing was fetched for longer than this, queue, check and doctor say so.
#stale_after = "30m"

[sync]
# Stored posts are read again so often, to follow what was edited, deleted or kept back: so many of
# each account, open conversations first. At 0.005 USD each, 25 posts every 6 hours are 0.50 USD a
# day at most. "0s" or 0: only when you run `triage sync`.
#every = "6h"
#budget = 25

[heartbeat]
# An address like those of healthchecks.io, which raises an alarm when fetches fail or do not run:
# /start is asked for when a fetch begins, its exit code when it ends; nothing else is sent.
# TRIAGE_PING_URL wins over this. Whoever knows the address can say that all is well.
#ping_url = "https://hc-ping.com/UUID"

[reply]
# The same text is not sent again within this time without a question.
#same_text_within = "1h"
# How long the look at the thread may take before a reply goes out; then it goes without.
#look_within = "1s"
# A scheduled reply that is so much late, since no fetch ran, waits for a person instead.
#late_after = "6h"
# So long is a conversation yours after you claimed it or began to answer; then it is free.
#lease = "15m"

[tell]
# Who is told of an action (`triage action tell`): up to this age a post is still answered.
#within = "30d"
# So many messages go out in one run of `triage action send`, and in any hour, with a pause between.
#per_run = 20
#per_hour = 40
#pause = "10s"

[rules]
# Use the rules that come with triage.
#defaults = true
# Files of your own rules, relative to this file; a later one has the last word. A table [rules.ID]
# with a new id adds a rule. With a known id it changes the keys that it names, and single patterns
# by add_phrases, drop_phrases, add_regex and drop_regex; "off = true" switches the rule off.
#files = ["rules.toml"]
# Ids of rules to switch off.
#off = ["shouting"]
# A few rules may stand right here, as [rules.own.ID] with the same keys; they come last:
# [rules.own.late]
# add_phrases = ["lost in the post"]
# weights = {{ complaint = 1.8 }}

[templates]
# The language of files without one in their name. The files lie in templates/ beside this one:
# sorry.txt, sorry.es.txt; see docs/templates.md.
#language = "en"
# In which languages there is to be one of each: triage templates check tells what is missing.
#languages = ["en", "es"]
# How each agent signs: {{{{ agent.sign }}}}.
#signs = {{ ana = "^AD", bo = "^Bo" }}

[alerts]
# Of what you are told: "warning" when a wait is due soon, "breach" when it is overdue, "repeat"
# while it stays so. Each is told once for a wait; nobody is told anything before there is a target
# or an alert_command. See how it looks: triage alert --dry-run. See whether it arrives:
# triage alert test
#levels = ["warning", "breach", "repeat"]
# How long after a breach you are told again, and so on, and how many times at most. "none": never.
#repeat_every = "4h"
#repeat_at_most = 3
# A program that is handed alerts as JSON on its stdin. It is run without a shell, in this file's
# directory, for at most 20 s; exit code 0 says that it has them.
#alert_command = ["/usr/local/bin/notify-desk"]
# Names of your own for Slack, Teams, mail, ntfy and others, through apprise (pip install
# 'triage[alerts]'). The URL of each (https://appriseit.com/services/) is a secret. It stands in
# credentials.toml under [alerts], as in desk = "slack://...", or in TRIAGE_ALERT_DESK.
#targets = ["desk", "mail"]

[cost]
# At most so many US dollars in a calendar month (UTC). At 80% you are told once. At 100% reading
# stops; a reply still goes out and says so. Default: none. See how it stands: triage cost
#monthly_cap = 25.0
# Handles of accounts that own, themselves, the developer app whose keys they use: X asks less for
# their own posts and mentions where requests are signed by the account (no bearer_token).
#owned = ["acme"]
# The day on which the prices below were looked up. The defaults are those of X's public list,
# https://docs.x.com/x-api/getting-started/pricing; the bill is in X's console.
#as_of = "2026-08-22"

# US dollars for one of each.
[cost.prices]
#post_read = 0.005
# A post or mention of an account under owned.
#owned_read = 0.001
#user_read = 0.010
# Posts and authors that come along with a post. X does not say whether they are charged; they are
# counted. If your console charges them: included_post = 0.005, included_user = 0.010
#included_post = 0.0
#included_user = 0.0
# A reply to somebody who wrote to you; any other post; and one of either with a URL.
#reply = 0.010
#post = 0.015
#post_with_url = 0.20
#delete = 0.010
# Uploads are not in X's list; a text for those who cannot see the picture is.
#media_upload = 0.0
#media_metadata = 0.005

# Posts that count down to an event are held for you while complaints spike; see docs/events.md.
[events]
# They do with so many in the window, and so many times as many as usual. 0 complaints: never.
#spike_complaints = 10
#spike_factor = 3.0
#spike_window = "60m"
# Over which time the usual is found.
#spike_usual = "14d"

[retention]
# How long what is kept; "none" is for good. A fetch lets go what is older, once a day; kinds, times
# and waits stay, and an open wait keeps all that belongs to it. See how it stands:
# triage db retention
# Posts as the channel sent them (JSON).
#payloads = "90d"
# Words of posts and replies, and the pictures of replies.
#texts = "none"
# What edited posts said before.
#versions = "none"
# Notes on customers, but those that a policy asks for.
#notes = "none"
# What was written beside acts in the log; the acts stay. At least 31d.
#activity = "none"
# What requests cost, and who was told of what; at least 93d.
#usage = "none"
#alerts = "none"

[credentials]
# A command that prints what would stand in credentials.toml. It is run without a shell, in this
# file's directory, for at most 30 s.
#token_command = ["pass", "show", "x"]

# Signing in to X; see docs/sign-in.md.
[auth]
# The OAuth 2 Client ID of your app in the X developer console. It is no secret; the client_secret
# of a confidential app is one, and stands in credentials.toml under [x].
{client_id}
# Where the browser brings X's answer. Register http://127.0.0.1:8765/callback with the app.
#callback_port = 8765
# How long the answer is waited for.
#timeout = "5m"
"""

_CREDENTIALS_HEAD = """\
# The keys of triage. Keep this file to yourself (mode 0600), and out of version control.
# [x] is for every account; a table like ["x:acme"] is for one.
"""


def toml_string(text: str) -> str:
    """Write a text as a basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def commented_config(
    *,
    brand: str,
    handle: str,
    time_zone: str = "UTC",
    agent: str | None = None,
    base_url: str | None = None,
    client_id: str | None = None,
    store: str | None = None,
) -> str:
    """The text of a configuration with every key, explained.

    Args:
        brand: Who is written to.
        handle: The first account on X, with or without `@`.
        time_zone: IANA name.
        agent: Who works here; commented out if left out.
        base_url: A loopback address that stands in for X; commented out if left out.
        client_id: Of the app that signs in; commented out if left out.
        store: A file, or the address of a server; commented out if left out.
    """
    agent_line = '#agent = "ana"' if agent is None else f"agent = {toml_string(agent)}"
    url_line = '#base_url = "http://127.0.0.1:8080"'
    if base_url is not None:
        url_line = f"base_url = {toml_string(base_url)}"
    client_line = '#client_id = "YOUR-CLIENT-ID"'
    if client_id is not None:
        client_line = f"client_id = {toml_string(client_id)}"
    store_line = '#store = "~/.local/share/triage/triage.db"'
    if store is not None:
        store_line = f"store = {toml_string(store)}"
    return _TEMPLATE.format(
        client_id=client_line,
        store=store_line,
        brand=toml_string(brand),
        agent=agent_line,
        time_zone=toml_string(time_zone),
        handle=toml_string(handle.removeprefix("@")),
        base_url=url_line,
    )


def credentials_text(sections: Mapping[str, Mapping[str, str]]) -> str:
    """The text of `credentials.toml`: by section, such as `x` or `x:acme`, then by name."""
    lines = [_CREDENTIALS_HEAD]
    for section, values in sections.items():
        lines.append(f"[{section}]" if section == "x" else f"[{toml_string(section)}]")
        lines += [f"{name} = {toml_string(value)}" for name, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def write_config(path: Path, text: str, *, force: bool = False) -> None:
    """Write the configuration; only its owner may read it.

    Raises:
        Refused: There is one, and `force` was not said.
        TriageError: It cannot be written.
    """
    write_private(path, text, force=force)


def write_credentials(
    path: Path, sections: Mapping[str, Mapping[str, str]], *, force: bool = False
) -> None:
    """Write `credentials.toml`; only its owner may read it.

    Raises:
        Refused: There is one, and `force` was not said.
        TriageError: It cannot be written.
    """
    write_private(path, credentials_text(sections), force=force)


def write_private(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that only its owner may read: whole or not at all.

    Args:
        path: Where; directories are made.
        text: What.
        force: Replace what is there.

    Raises:
        Refused: Something is there, and `force` was not said.
        TriageError: It cannot be written.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise _unwritable(path, "the text holds half of a character") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(path, f"{path.parent}: {error.strerror}") from error
    try:
        if force:
            _replace(path, content)
        else:
            _create(path, content)
    except FileExistsError:
        raise Refused(
            f"{path.name} exists already; nothing was changed.",
            reason=f"It is at {path}.",
            hint="Replace it: --force",
        ) from None
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error


def _unwritable(path: Path, why: str) -> TriageError:
    return TriageError(
        f"{path.name} cannot be written.",
        reason=f"{why}.",
        hint=f"Make room for it, or mend the mode of {path.parent}.",
    )


def _replace(path: Path, content: bytes) -> None:
    # A link, as people have into their dotfiles, stays one; a crash leaves what was there.
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    _create(beside, content)
    try:
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _create(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
