"""The state: kept before it is answered, shared by processes, controlled over HTTP."""

from __future__ import annotations

import http.client
import json
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from talk import APP, NOW_MS, USER, Talk, still, talking

from triage.sandbox import text as wording
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox
from triage.sandbox.state import Clock, State, fresh, id_at, ms_of
from triage.sandbox.statefile import StateFile, load, save

pytestmark = pytest.mark.enable_socket

SERVE = """
import sys, pathlib
from triage.sandbox.server import Sandbox
sandbox = Sandbox(pathlib.Path(sys.argv[1])).start()
print(sandbox.base_url, flush=True)
sys.stdin.read()
"""


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """A post that was answered with 201 is in the file after kill -9 of the server."""
    path = tmp_path / "state.json"
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        host = urlsplit(server.stdout.readline().strip())
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        connection.request("POST", "/2/tweets", b'{"text": "kept"}', USER)
        answer = json.load(connection.getresponse())
        server.send_signal(signal.SIGKILL)
        connection.close()
    assert load(path).posts[answer["data"]["id"]].text == "kept"


def test_an_accepted_post_is_kept_although_the_answer_never_came(tmp_path: Path) -> None:
    """With `close-after` the file has the post when the connection ends."""
    path = tmp_path / "state.json"
    with talking(state_path=path) as talk:
        talk.sandbox.fail(Rule("create", Kind.CLOSE_AFTER))
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            talk.post("kept")
        assert [post.text for post in load(path).posts.values()] == ["kept"]


def test_the_file_is_private_and_comes_back_whole(tmp_path: Path) -> None:
    """Mode 0600, nothing half written beside it, and any text comes back as it was."""
    path = tmp_path / "deep" / "state.json"
    state = still()
    texts = ["\x1b[31m \u202e [red]", "\ud800 alone", "emoji 👩‍👩‍👧‍👦", "nul \x00", "日本語 & <b>"]
    for text in texts:
        state.add_post(state.add_user("ann"), text)
    save(path, state)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"]
    assert [post.text for post in load(path).posts.values()] == texts
    assert load(path).to_json() == state.to_json()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', '{"format": 1}', "null"])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: str) -> None:
    """A broken or foreign file is a ValueError and stays as it is."""
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"state|Expecting"):
        Sandbox(path)
    assert path.read_text() == content


def test_two_servers_share_one_file(tmp_path: Path) -> None:
    """What one accepts the other knows at once, and neither overwrites the other."""
    path = tmp_path / "state.json"
    with talking(state_path=path) as one, talking(state_path=path) as two:
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit((one, two)[n % 2].post, f"post {n}") for n in range(20)]
        assert [job.result().status for job in jobs] == [201] * 20
        assert one.count() == two.count() == 20
    assert len(load(path).posts) == 20


def test_a_file_wins_over_the_seed(tmp_path: Path) -> None:
    """Starting again on a file goes on with it, whatever state is given."""
    path = tmp_path / "state.json"
    with talking(state_path=path) as talk:
        talk.post("first")
    with talking(state_path=path, state=fresh()) as talk:
        assert talk.count() == 1


def test_a_change_that_cannot_be_kept_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk refuses the file, the state is as before."""
    file = StateFile(tmp_path / "state.json", still())

    def full(_: Path, __: State) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("triage.sandbox.statefile.save", full)
    with pytest.raises(OSError, match="No space"), file.change() as state:
        state.add_post(state.add_user("ann"), "lost")
    with file.read() as state:
        assert not state.posts


def test_a_full_disk_is_told_and_nothing_is_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that cannot be kept is answered with 500 and is not there."""

    def full(_: Path, __: State) -> None:
        raise OSError(28, "No space left on device")

    with talking(state_path=tmp_path / "state.json") as talk:
        monkeypatch.setattr("triage.sandbox.statefile.save", full)
        answer = talk.post("lost")
        assert (answer.status, "No space left" in answer.body["detail"]) == (500, True)
        added = talk.send("POST", "/sandbox/posts", body={"username": "ann", "text": "lost"})
        assert added.status == 500
        assert talk.count() == 0


def test_ids_carry_the_time_and_rise() -> None:
    """An id gives its millisecond back; posts of one millisecond get rising ids."""
    state = still()
    ann = state.add_user("ann")
    ids = [int(state.add_post(ann, "x").id) for _ in range(3)]
    assert [ms_of(i) for i in ids] == [NOW_MS] * 3
    assert ids == [id_at(NOW_MS) + n for n in range(3)]


def test_the_clock_stands_moves_and_runs() -> None:
    """Fixed it stands; an offset is added to the real time."""
    real = Clock().now_ms()
    assert Clock("fixed", 5).now_ms() == 5
    assert abs(Clock("offset", -1_000).now_ms() - (real - 1_000)) < 5_000


def test_names_that_apps_put_before_a_reply() -> None:
    """A carried reply names the author and everyone named before, but never oneself twice."""
    state = still()
    ann, bob, us = state.add_user("ann"), state.add_user("bob"), state.add_user("acme")
    first = state.add_post(ann, "@acme broken @shop")
    ours = state.add_post(us, "sorry", reply_to=first.id, carry=True)
    assert ours.names == ["ann", "shop"]
    assert state.add_post(ann, "thanks", reply_to=ours.id, carry=True).names == ["acme", "shop"]
    assert state.add_post(bob, "me too @acme", reply_to=first.id, carry=True).names == [
        "ann",
        "shop",
    ]
    assert state.add_post(bob, "me too", reply_to=first.id).names == ["ann"]
    assert state.add_post(ann, "hello?", reply_to=first.id).names == []


def test_a_cut_never_splits_links_names_or_escapes() -> None:
    """Wherever the limit falls, what is cut off is whole."""
    for lead in range(255, 285):
        found = wording.render("x" * lead + " &&& @somebody https://example.com/abc " + "y" * 90)
        assert len(found.text) <= 280
        assert found.text.endswith("…")
        assert found.note is not None
        left = found.text.removesuffix("…").replace("&amp;", "")
        assert "&" not in left
        for kind in found.entities.values():
            assert all(entity["end"] <= len(found.text) for entity in kind)


def test_entities_point_at_their_text() -> None:
    """Positions fit the text that is returned, also behind escapes, emoji and other scripts."""
    found = wording.render("👍 & 日本 @acme #tag see (https://example.com/a). mail a@b.example")
    pieces = {
        name: [found.text[e["start"] : e["end"]] for e in entities]
        for name, entities in found.entities.items()
    }
    assert pieces["mentions"] == ["@acme"]
    assert pieces["hashtags"] == ["#tag"]
    assert pieces["urls"] == [found.entities["urls"][0]["url"]]
    assert found.text.endswith("). mail a@b.example")


def test_control_posts_edits_deletes_and_tells() -> None:
    """A mention can be added as anyone, edited and deleted, and the state read, over HTTP."""
    with talking() as talk:
        made = talk.send(
            "POST",
            "/sandbox/posts",
            body={"username": "zed", "name": "Zed", "text": "@acme hi", "at_ms": NOW_MS - 60_000},
        ).body
        assert talk.mentions().ids == [made["id"]]
        edited = talk.send(
            "POST", "/sandbox/edits", body={"id": made["id"], "text": "@acme hello"}
        ).body
        assert talk.mentions().ids == [edited["id"]]
        told = talk.send("GET", "/sandbox/state").body
        assert [post["text"] for post in told["posts"]] == ["@acme hi", "@acme hello"]
        talk.send("POST", "/sandbox/deletions", body={"id": made["id"]})
        assert talk.mentions().ids == []
        assert talk.send("GET", "/sandbox/health").body["posts"] == 2


def test_control_sets_clock_keys_and_limits() -> None:
    """The clock can be set and moved, a key revoked, a limit lowered."""
    with talking() as talk:

        def tell(path: str, body: object) -> dict[str, object]:
            return talk.send("POST", f"/sandbox/{path}", body=body).body

        assert tell("clock", {"now_ms": 5})["now_ms"] == 5
        assert tell("clock", {"advance_ms": 10})["now_ms"] == 15
        assert tell("clock", {"offset_ms": 0})["now_ms"] != 15
        assert tell("clock", {"real": True})["now_ms"] != 15
        tell("limits", {"mentions": {"app": 1, "user": 1}})
        assert [talk.mentions().status for _ in range(2)] == [200, 429]
        tell("tokens", {"token": "sandbox-app-token", "revoked": True})
        assert talk.own().status == 401


def test_control_tells_mistakes_and_keeps_web_pages_out() -> None:
    """Unknown paths and values are told; a request by another host name is refused."""
    with talking() as talk:
        assert talk.send("GET", "/sandbox/nothing").status == 404
        assert talk.send("POST", "/sandbox/posts", body={"text": "x"}).status == 400
        assert talk.send("POST", "/sandbox/clock", body={}).status == 400
        assert talk.send("POST", "/sandbox/clock", body=[]).status == 400
        wrong = {**APP, "Host": "evil.example:80"}
        assert talk.send("GET", "/sandbox/state", headers=wrong).status == 403


def test_exchanges_are_recorded_with_their_faults() -> None:
    """What went over the wire is kept in order, the control interface is not."""
    with talking(record=True) as talk:
        talk.sandbox.fail(Rule("mentions", Kind.UNAVAILABLE))
        talk.mentions()
        talk.send("GET", "/sandbox/health")
        talk.post("x")
        first, second = talk.sandbox.exchanges
        assert (first.method, first.status, first.fault) == ("GET", 503, Kind.UNAVAILABLE)
        assert (second.method, second.status, second.fault) == ("POST", 201, None)
        assert json.loads(second.body) == {"text": "x"}
        assert second.url == f"{talk.sandbox.base_url}/2/tweets"


def test_a_connection_is_kept_for_several_requests() -> None:
    """Requests may follow one another on one connection, also after an error."""
    with talking() as talk:
        host = urlsplit(talk.sandbox.base_url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        for path, status in (("/2/tweets/17", 200), ("/2/nothing", 404), ("/2/tweets/18", 200)):
            connection.request("GET", path, headers=APP)
            response = connection.getresponse()
            response.read()
            assert response.status == status
        connection.close()


def test_waiting_ends_when_the_server_is_stopped() -> None:
    """`wait` returns once another thread stops the server, and at once if none runs."""
    sandbox = Sandbox(state=still())
    sandbox.wait()
    with ThreadPoolExecutor(1) as pool:
        sandbox.start()
        stopped = pool.submit(sandbox.stop)
        sandbox.wait()
        stopped.result()
    with pytest.raises(RuntimeError):
        _ = sandbox.base_url


def test_a_server_can_be_stopped_twice_and_started_again() -> None:
    """`stop` is harmless when nothing runs, and the state outlives it."""
    sandbox = Sandbox(state=still())
    sandbox.stop()
    with pytest.raises(RuntimeError):
        _ = sandbox.base_url
    with sandbox:
        assert Talk(sandbox).post("one").status == 201
    sandbox.stop()
    with sandbox:
        assert Talk(sandbox).count() == 1
