"""What the sandbox knows: users, posts, tokens and the time.

A `State` is plain data with the few operations that X itself has: post, edit, delete, and the
timelines. It reads no file and opens no socket; `statefile` keeps it on disk.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from triage.sandbox import text as wording
from triage.sandbox.oauth_state import SignIns

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH_MS = 1_288_834_974_657
"""Where the time in a snowflake id begins, UTC epoch ms."""
FORMAT = 1
MENTIONS_DEPTH = 800
TIMELINE_DEPTH = 3_200
APP_TOKEN = "sandbox-app-token"  # noqa: S105 - opens nothing but this sandbox
USER_TOKEN = "sandbox-user-token"  # noqa: S105
CONSUMER_KEY = "sandbox-consumer-key"
CONSUMER_SECRET = "sandbox-consumer-secret"  # noqa: S105
ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105
ACCESS_SECRET = "sandbox-access-secret"  # noqa: S105
STANDING = (APP_TOKEN, USER_TOKEN, ACCESS_TOKEN)
"""Keys that are there from the beginning begin with one of these."""


def id_at(at_ms: int) -> int:
    """Give the smallest snowflake id of a moment (UTC epoch ms)."""
    return (at_ms - EPOCH_MS) << 22


def ms_of(post_id: str | int) -> int:
    """Tell when a snowflake id was made, UTC epoch ms."""
    return (int(post_id) >> 22) + EPOCH_MS


@dataclass(slots=True)
class Clock:
    """What time it is in the sandbox.

    Attributes:
        mode: `real`, `offset` (the real time plus `ms`) or `fixed` (stands still at `ms`).
        ms: Milliseconds; for `fixed` a UTC epoch time, for `offset` a difference.
    """

    mode: str = "real"
    ms: int = 0

    def now_ms(self) -> int:
        """Tell the sandbox's time, UTC epoch ms."""
        if self.mode == "fixed":
            return self.ms
        real = time.time_ns() // 1_000_000
        return real + self.ms if self.mode == "offset" else real


@dataclass(slots=True)
class User:
    """One account. `created_ms` is UTC epoch ms.

    Attributes:
        protected: Only who is in `lets_in` sees its posts.
        lets_in: Ids of its followers, as far as that matters.
        blocks: Ids of accounts that may neither see its posts nor answer them.
        suspended: The platform shows nothing of it.
    """

    id: str
    username: str
    name: str
    followers_count: int = 0
    following_count: int = 0
    created_ms: int = 1_500_000_000_000
    description: str = ""
    verified: bool = False
    protected: bool = False
    lets_in: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    suspended: bool = False


@dataclass(slots=True)
class Post:
    """One version of one post, as its author typed it.

    Attributes:
        id: Its snowflake, which also carries its time.
        text: As typed: no automatic names, no shortened links, no escapes.
        names: The handles that the platform put before a reply by itself, without `@`.
        history: The ids of all versions, oldest first; shared by all of them.
        media: Ids of its pictures.
        reply_settings: Who may answer: `everyone`, `mentionedUsers`, `following`, `subscribers`
            or `verified`; whom it names always may.
        shy: Left out whenever `since_id` is used, as happens to some mentions on X.
        withheld: The platform keeps it back, as by the order of a court.
    """

    id: str
    author_id: str
    text: str
    conversation_id: str
    lang: str = "en"
    reply_to: str | None = None
    reply_to_user: str | None = None
    quote_of: str | None = None
    repost_of: str | None = None
    names: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    deleted: bool = False
    shy: bool = False
    withheld: bool = False
    media: list[str] = field(default_factory=list)
    reply_settings: str = "everyone"


@dataclass(slots=True)
class Media:
    """An upload: whose, how large, its words, and when it was made (UTC epoch ms)."""

    id: str
    owner_id: str
    size: int
    at_ms: int
    alt: str = ""

    @property
    def key(self) -> str:
        """How posts refer to it; 3 is a photo."""
        return f"3_{self.id}"


@dataclass(slots=True)
class Token:
    """What an Authorization header may carry.

    Attributes:
        kind: `app`, `user` (OAuth 2) or `oauth1`.
        user_id: Whose it is; None for the app's own.
        consumer_key: With `oauth1`: the key that must come with it.
        revoked: Not accepted any more.
        expires_ms: Not accepted from then on, UTC epoch ms; None never expires.
        scopes: What it may do; None is everything.
    """

    kind: str
    user_id: str | None = None
    consumer_key: str | None = None
    revoked: bool = False
    expires_ms: int | None = None
    scopes: list[str] | None = None


@dataclass(slots=True)
class State:
    """Everything that a sandbox remembers."""

    users: dict[str, User] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    token_generation: int = 0
    """Page tokens of another generation have expired."""
    sign_ins: SignIns = field(default_factory=SignIns)

    def now_ms(self) -> int:
        """Tell the sandbox's time, UTC epoch ms."""
        return self.clock.now_ms()

    def add_user(
        self, username: str, name: str = "", *, followers_count: int = 0, description: str = ""
    ) -> User:
        """Make an account; one that exists is returned as it is. Ids follow from the handle."""
        known = self.user_named(username)
        if known is not None:
            return known
        digest = hashlib.sha256(username.lower().encode()).digest()
        # 19 digits: too large for a float, so that a reader who takes ids for numbers is caught.
        user_id = str(10**18 + int.from_bytes(digest[:7], "big"))
        user = User(
            id=user_id,
            username=username,
            name=name or username,
            followers_count=followers_count,
            following_count=followers_count // 3 + 7,
            description=description,
        )
        self.users[user_id] = user
        return user

    def user_named(self, username: str) -> User | None:
        """Find an account by its handle, whatever the case."""
        wanted = username.removeprefix("@").lower()
        return next((u for u in self.users.values() if u.username.lower() == wanted), None)

    def add_tokens(self, user: User) -> None:
        """Add the default keys: the app's, and both kinds of user keys for this account."""
        self.tokens[APP_TOKEN] = Token("app")
        self.tokens[USER_TOKEN] = Token("user", user.id)
        self.tokens[ACCESS_TOKEN] = Token("oauth1", user.id, CONSUMER_KEY)

    def add_post(
        self,
        author: User,
        text: str,
        *,
        at_ms: int | None = None,
        lang: str = "en",
        reply_to: str | None = None,
        quote_of: str | None = None,
        repost_of: str | None = None,
        carry: bool = False,
        shy: bool = False,
    ) -> Post:
        """Post as anyone, at the sandbox's time or at `at_ms` (UTC epoch ms).

        A reply gets the name of whom it answers put before it unless the text begins with it;
        with `carry` also the names of the thread so far, as the platform's own apps do.

        Raises:
            KeyError: The post that is answered, quoted or repeated is not there.
        """
        for reference in (reply_to, quote_of, repost_of):
            if reference is not None:
                self.posts[reference]
        new_id = self._free_id(self.now_ms() if at_ms is None else at_ms)
        post = Post(new_id, author.id, text, new_id, lang=lang, history=[new_id], shy=shy)
        post.quote_of, post.repost_of = quote_of, repost_of
        if reply_to is not None:
            parent = self.posts[reply_to]
            post.reply_to, post.reply_to_user = reply_to, parent.author_id
            post.conversation_id = parent.conversation_id
            post.names = self._automatic_names(author, parent, text, carry=carry)
        self.posts[new_id] = post
        return post

    def add_media(self, owner: User, size: int) -> Media:
        """Keep an upload of an account, at the sandbox's time."""
        at = self.now_ms()
        candidate = id_at(at)
        while str(candidate) in self.media:
            candidate += 1
        made = self.media[str(candidate)] = Media(str(candidate), owner.id, size, at)
        return made

    def edit(self, post_id: str, text: str, *, at_ms: int | None = None) -> Post:
        """Make a new version of a post. Raises `KeyError` if it is not there or deleted."""
        old = self.posts[post_id]
        if old.deleted:
            raise KeyError(post_id)
        new_id = self._free_id(self.now_ms() if at_ms is None else at_ms)
        versions = [*old.history, new_id]
        latest = self.posts[old.history[-1]]
        new = Post(**{**asdict(latest), "id": new_id, "text": text})
        self.posts[new_id] = new
        for version in versions:
            self.posts[version].history = list(versions)
        return new

    def delete(self, post_id: str) -> None:
        """Delete a post with all its versions. Raises `KeyError` if it was never there."""
        for version in self.posts[post_id].history:
            self.posts[version].deleted = True

    def visible(self, post_id: str) -> Post | None:
        """Find a post (or an old version of one) that the platform shows to anybody at all."""
        return self.posts[post_id] if self._kept_back(post_id) is None else None

    def absence(self, post_id: str, viewer: User | None) -> str | None:
        """Tell why an account cannot read a post, by the end of the error's type; None if it can.

        Without a viewer it is read by an app that acts for nobody.
        """
        why = self._kept_back(post_id)
        if why is None and self.is_hidden(self.posts[post_id], viewer):
            return "not-authorized-for-resource"
        return why

    def _kept_back(self, post_id: str) -> str | None:
        post = self.posts.get(post_id)
        if post is None or post.deleted:
            return "resource-not-found"
        if self.users[post.author_id].suspended:
            return "suspended"
        return "disallowed-resource" if post.withheld else None

    def withhold(self, post_id: str, *, withheld: bool = True) -> None:
        """Keep a post with all its versions back, or show it. Raises `KeyError`."""
        for version in self.posts[post_id].history:
            self.posts[version].withheld = withheld

    def is_hidden(self, post: Post, viewer: User | None) -> bool:
        """Whether a post is not shown to an account; None is an app that acts for nobody."""
        author = self.users[post.author_id]
        who = viewer.id if viewer is not None else ""
        if who == author.id:
            return False
        return who in author.blocks or (author.protected and who not in author.lets_in)

    def current(self) -> Iterator[Post]:
        """Go through the newest versions of all posts that anybody can read, newest first."""
        for post_id in sorted(self.posts, key=int, reverse=True):
            post = self.posts[post_id]
            if post.history[-1] == post_id and self._kept_back(post_id) is None:
                yield post

    def mentions(self, user: User) -> list[Post]:
        """Give the posts that name an account, newest first, as deep as X goes."""
        found = (p for p in self.current() if user.username.lower() in self.mentioned(p))
        return [p for p, _ in zip(found, range(MENTIONS_DEPTH), strict=False)]

    def timeline(self, user: User) -> list[Post]:
        """Give an account's own posts, newest first, as deep as X goes."""
        found = (p for p in self.current() if p.author_id == user.id)
        return [p for p, _ in zip(found, range(TIMELINE_DEPTH), strict=False)]

    def mentioned(self, post: Post, *, automatic: bool = True) -> set[str]:
        """Tell whom a post names, in lower case; optionally without the automatic names."""
        named = set(wording.handles(post.text))
        if automatic:
            named.update(name.lower() for name in post.names)
        if post.repost_of is not None:
            original = self.posts[post.repost_of]
            named.add(self.users[original.author_id].username.lower())
            named |= self.mentioned(original)
        return named

    def plain(self, post: Post) -> str:
        """Give a post's whole text as read by people: automatic names, links in full."""
        if post.repost_of is not None:
            original = self.posts[post.repost_of]
            return f"RT @{self.users[original.author_id].username}: {self.plain(original)}"
        text = " ".join([*(f"@{name}" for name in post.names), post.text])
        if post.quote_of is not None:
            quoted = self.posts[post.quote_of]
            handle = self.users[quoted.author_id].username
            text = f"{text} https://x.com/{handle}/status/{quoted.id}"
        if post.media:
            handle = self.users[post.author_id].username
            text = f"{text} https://x.com/{handle}/status/{post.id}/photo/1"
        return text

    def to_json(self) -> dict[str, Any]:
        """Give the whole state as JSON values."""
        return {
            "format": FORMAT,
            "clock": asdict(self.clock),
            "token_generation": self.token_generation,
            "users": [asdict(user) for user in self.users.values()],
            "tokens": {name: asdict(token) for name, token in self.tokens.items()},
            "posts": [asdict(post) for post in self.posts.values()],
            "media": [asdict(media) for media in self.media.values()],
            "sign_ins": asdict(self.sign_ins),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> State:
        """Take a state from JSON values. Raises `ValueError` if they are not one of ours."""
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"a sandbox state of format {data['format']}, not {FORMAT}")
            return cls(
                users={u["id"]: User(**u) for u in data["users"]},
                posts={p["id"]: Post(**p) for p in data["posts"]},
                media={m["id"]: Media(**m) for m in data.get("media", [])},
                tokens={name: Token(**t) for name, t in data["tokens"].items()},
                clock=Clock(**data["clock"]),
                token_generation=data["token_generation"],
                sign_ins=SignIns.from_json(data["sign_ins"]) if "sign_ins" in data else SignIns(),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a sandbox state") from error

    def _free_id(self, at_ms: int) -> str:
        # Posts of one millisecond get rising ids, so that their order is the order of posting.
        candidate = id_at(at_ms)
        while str(candidate) in self.posts:
            candidate += 1
        return str(candidate)

    def _automatic_names(self, author: User, parent: Post, text: str, *, carry: bool) -> list[str]:
        wanted = [self.users[parent.author_id].username]
        if carry:
            wanted += [*parent.names, *wording.handle_list(parent.text)]
        # What the text begins with, or names anyway when carried, is not said twice.
        have = {h.lower() for h in wording.leading_handles(text)} | {author.username.lower()}
        if carry:
            have.update(wording.handles(text))
        names: list[str] = []
        for name in wanted:
            if name.lower() not in have:
                have.add(name.lower())
                names.append(name)
        return names


def fresh(username: str = "acme", name: str = "Acme", *, clock: Clock | None = None) -> State:
    """Make an empty state with one account and the default tokens for it."""
    state = State(clock=clock or Clock())
    state.add_tokens(state.add_user(username, name, followers_count=1_000))
    return state
