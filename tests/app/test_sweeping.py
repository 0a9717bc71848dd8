"""A sweep finds mentions that the ordinary walk leaves out, and touches nothing of its."""

from __future__ import annotations

import pytest

from builders import ACME, Desk
from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.app.sweeping import PAGES, STREAM, SweepOptions
from triage.channels.memory import MemoryChannel
from triage.core.model import DAY, HOUR, MINUTE, Post
from triage.core.progress import Gap
from triage.errors import NetworkDown, RateLimited

OPTIONS = FetchOptions(sweep=SweepOptions(every=6 * HOUR, span=DAY))


def fetch(desk: Desk, options: FetchOptions = OPTIONS) -> Fetched:
    """Fetch with sweeps on."""
    fetched = fetch_account(desk.store, desk.channel, desk.account, options, desk.clock)
    desk.fetch_nothing()
    return fetched


def hidden_mention(desk: Desk, who: str = "ana", ago: int = HOUR) -> Post:
    """Somebody writes what no page shows that names an id to begin behind."""
    post = desk.write(who, "@acme it is broken", ago=ago)
    desk.channel.shy.add(post.native_id)
    return post


def reached(desk: Desk) -> str | None:
    """How far the ordinary walk came."""
    return desk.store.accounts.checkpoint(desk.account.id, "mentions").reached_id


def begun(desk: Desk) -> None:
    """A first fetch, and some hours."""
    desk.write("zoe", "@acme thanks")
    assert fetch(desk).swept is None
    desk.now += 6 * HOUR


def test_a_missed_mention_is_found_told_once_and_waits(desk: Desk) -> None:
    """The ordinary walk has passed it by; the sweep brings it, with the clock that it had."""
    begun(desk)
    post = hidden_mention(desk)
    desk.write("bo", "@acme do you open?", ago=HOUR // 2)
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert (fetched.swept.missed, fetched.swept.is_done) == (1, True)
    assert fetched.saved.new_mentions == 2
    assert {i.customer: i.waiting_since_at for i in desk.waiting()}["ana"] == post.posted_at
    run = desk.store.accounts.last_run(desk.account.id)
    assert run is not None
    assert run.missed == 1
    desk.now += 6 * HOUR
    again = fetch(desk)
    assert again.swept is not None
    assert again.swept.missed == 0


def test_the_checkpoint_of_the_mentions_does_not_move(desk: Desk) -> None:
    """A mention that a sweep found above everything else is still below the next walk's target."""
    begun(desk)
    fetch(desk)
    before = reached(desk)
    desk.now += 6 * HOUR
    hidden_mention(desk)
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert fetched.swept.missed == 1
    assert reached(desk) == before


def test_a_sweep_is_due_every_so_often(desk: Desk) -> None:
    """Not after the first fetch, which named no id either; then by the clock, or never."""
    begun(desk)
    desk.now -= 1
    assert fetch(desk).swept is None
    desk.now += 1
    never = FetchOptions(sweep=SweepOptions(every=0, span=DAY))
    assert fetch(desk, never).swept is None
    assert fetch(desk).swept is not None
    assert fetch(desk).swept is None


def test_what_comes_in_meanwhile_was_not_missed(desk: Desk) -> None:
    """A mention written after the ordinary walk began is new, and nobody's fault."""
    begun(desk)
    desk.now += MINUTE
    post = desk.write("bo", "@acme it is broken")
    desk.channel.shy.add(post.native_id)
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert (fetched.swept.saved.new_mentions, fetched.swept.missed) == (1, 0)


def busy_since(desk: Desk, count: int, page_size: int) -> list[Post]:
    """A channel with small pages, and many mentions of which the oldest is left out."""
    desk.channel = MemoryChannel(ACME, now=desk.clock, page_size=page_size)
    begun(desk)
    first = hidden_mention(desk, ago=5 * HOUR)
    posts = [desk.write(f"p{n}", "@acme thanks", ago=4 * HOUR - n) for n in range(count)]
    return [first, *posts]


def test_a_sweep_goes_on_where_it_stopped(desk: Desk) -> None:
    """So many pages in one run; the next run goes on below them, and finds the rest."""
    busy_since(desk, 2 * (PAGES + 3), 2)
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert (fetched.swept.missed, fetched.swept.is_done) == (0, False)
    stored = desk.store.accounts.checkpoint(desk.account.id, STREAM)
    assert stored.walk_seen == 2 * PAGES
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert (fetched.swept.missed, fetched.swept.is_done) == (1, True)


@pytest.mark.parametrize(
    "error", [NetworkDown("away"), RateLimited("wait", reset_at=0, endpoint="mentions")]
)
def test_a_sweep_that_fails_fails_no_fetch(desk: Desk, error: NetworkDown) -> None:
    """The mentions are in: what kept the sweep is told, and the next one goes on."""
    begun(desk)
    hidden_mention(desk)
    pages = len([c for c in desk.channel.calls if c == "page"])
    assert pages == 2
    real = desk.channel.page

    def page(stream, account_id, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if request.start_at is not None:
            desk.channel.page = real  # type: ignore[method-assign]
            raise error
        return real(stream, account_id, request)

    desk.channel.page = page  # type: ignore[method-assign]
    fetched = fetch(desk)
    assert (fetched.error, fetched.put_off) == (None, error)
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert fetched.swept.missed == 1


def test_a_token_that_expired_is_no_end(desk: Desk) -> None:
    """The sweep goes on below the oldest post that it saw."""
    busy_since(desk, 2 * (PAGES + 3), 2)
    fetch(desk)
    desk.channel.expire_tokens()
    fetched = fetch(desk)
    assert fetched.swept is not None
    assert fetched.swept.missed == 1


def test_a_gap_that_was_read_over_is_closed(desk: Desk) -> None:
    """It is kept, and told no more; one that reaches further down stays open."""
    begun(desk)
    old, new = desk.now - 3 * HOUR, desk.now - 2 * HOUR
    desk.write("bo", "@acme thanks", ago=HOUR)
    with desk.store.tx():
        for after in (old, desk.now - 3 * DAY):
            ids = (desk.channel.id_at(after) or "", desk.channel.id_at(new) or "")
            desk.store.accounts.add_gap(Gap(desk.account.id, "mentions", *ids, desk.now))
    fetch(desk)
    first, second = desk.store.accounts.gaps(desk.brand_id)
    assert (first.closed_at, second.closed_at) == (desk.now, None)


def test_a_gap_tells_its_times_and_how_many_to_expect(desk: Desk) -> None:
    """As many as stand around it, if the people wrote on as they did."""
    desk.channel = MemoryChannel(ACME, now=desk.clock, page_size=10, history_limit=20)
    start = desk.write("zoe", "@acme thanks")
    fetch(desk)
    desk.now += 60 * MINUTE
    posts = [desk.write(f"p{n}", "@acme thanks", ago=n * MINUTE) for n in range(40)]
    fetched = fetch(desk)
    (gap,) = fetched.gaps
    assert (gap.after_at, gap.before_at) == (start.posted_at, posts[19].posted_at)
    assert gap.about == 43
    assert fetch(desk).gaps == []


def test_nothing_of_a_sweep_is_left_when_it_is_done(desk: Desk) -> None:
    """Its checkpoint tells when it ended, and no walk is under way."""
    begun(desk)
    fetch(desk)
    stored = desk.store.accounts.checkpoint(desk.account.id, STREAM)
    assert (stored.walk_target_id, stored.walk_token) == (None, None)
    assert stored.completed_at == desk.now
