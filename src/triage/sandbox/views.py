"""Turning users and posts into the JSON of the contract: fields, expansions, `includes`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from triage.sandbox import media, problems
from triage.sandbox import text as wording
from triage.sandbox.state import Post, State, User, ms_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage.sandbox.spelling import Spelling

_EDIT_WINDOW_MS = 3_600_000
_EDITS = 5
Json = dict[str, Any]


def iso(at_ms: int) -> str:
    """Write a moment (UTC epoch ms) as X does: whole seconds, with zero milliseconds."""
    return datetime.fromtimestamp(at_ms // 1_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(slots=True)
class View:
    """One answer in the making: what was asked for, and what must come along.

    Attributes:
        alter: Texts are changed as X changes them (see `text.render`).
        viewer: Who looks; None is an app that acts for nobody.
    """

    state: State
    spelling: Spelling
    fields: set[str]
    user_fields: set[str]
    expansions: set[str]
    alter: bool = True
    media_fields: set[str] = field(default_factory=set)
    viewer: User | None = None
    errors: list[Json] = field(default_factory=list)

    def body(self, posts: list[Post], *, single: bool = False) -> Json:
        """Give `data`, `includes` and `errors` for posts; each only where it holds something."""
        data = [self.post(post) for post in posts]
        answer: Json = {}
        if data:
            answer["data"] = data[0] if single else data
            answer |= self._includes(posts)
        if self.errors:
            answer["errors"] = self.errors
        return answer

    def user(self, user: User) -> Json:
        """Give one account with the fields that were asked for."""
        values: Json = {
            "created_at": iso(user.created_ms),
            "description": user.description,
            "protected": user.protected,
            "verified": user.verified,
            "public_metrics": {
                "followers_count": user.followers_count,
                "following_count": user.following_count,
                self.spelling.posts_of_user: sum(
                    p.author_id == user.id for p in self.state.posts.values()
                ),
                "listed_count": user.followers_count // 100,
            },
        }
        answer: Json = {"id": user.id, "name": user.name, "username": user.username}
        return answer | {
            k: v for k, v in values.items() if k in self.user_fields and v not in ("", None)
        }

    def post(self, post: Post) -> Json:
        """Give one post with the fields that were asked for; what has no value is left out."""
        spelling = self.spelling
        rendered = self._render(post)
        answer: Json = {"id": post.id, "text": rendered.text, spelling.history: post.history}
        author = self.state.users[post.author_id]
        values: Json = {
            "attachments": self._attachments(post),
            "author_id": post.author_id,
            "conversation_id": post.conversation_id,
            "created_at": iso(ms_of(post.id)),
            "display_text_range": [rendered.visible_from, len(rendered.text)],
            "edit_controls": self._edit_controls(post),
            "entities": self._with_ids(rendered.entities),
            "in_reply_to_user_id": post.reply_to_user,
            "lang": post.lang,
            "possibly_sensitive": False,
            "public_metrics": self._metrics(post),
            "reply_settings": post.reply_settings,
            spelling.references: _references(post),
            "username": author.username,
        }
        if rendered.note is not None:
            note: Json = {"text": rendered.note}
            if rendered.note_entities:
                note["entities"] = self._with_ids(rendered.note_entities)
            values[spelling.note] = note
        wanted = self.fields | self._expanded_fields()
        return answer | {
            k: v for k, v in values.items() if k in wanted and v is not None and v not in ([], {})
        }

    def _attachments(self, post: Post) -> Json:
        keys = [self.state.media[media_id].key for media_id in post.media]
        return {"media_keys": keys} if keys else {}

    def _expanded_fields(self) -> set[str]:
        # The id that an expansion follows is part of the post, asked for or not.
        spelling = self.spelling
        fields = self.expansions & {"author_id", "in_reply_to_user_id", "username"}
        if any(e.startswith(spelling.references_expansion) for e in self.expansions):
            fields.add(spelling.references)
        if "entities.mentions.username" in self.expansions:
            fields.add("entities")
        if "attachments.media_keys" in self.expansions:
            fields.add("attachments")
        return fields

    def _includes(self, posts: list[Post]) -> Json:
        included = self._included_posts(posts)
        users = self._included_users(posts, included)
        answer: Json = {}
        if users:
            answer["users"] = [self.user(self.state.users[u]) for u in dict.fromkeys(users)]
        if included:
            answer[self.spelling.included] = [self.post(post) for post in included.values()]
        if "attachments.media_keys" in self.expansions:
            pictures = media.included(self.state, posts, self.media_fields)
            answer |= {"media": pictures} if pictures else {}
        return {"includes": answer} if answer else {}

    def _included_posts(self, posts: list[Post]) -> dict[str, Post]:
        spelling, wanted = self.spelling, self.expansions
        included: dict[str, Post] = {}
        if any(e.startswith(spelling.references_expansion) for e in wanted):
            for reference in (r for post in posts for r in _references(post)):
                self._include(reference["id"], included, f"{spelling.references}.id")
        if spelling.history in wanted:
            for version in (v for post in posts for v in post.history):
                self._include(version, included, spelling.history)
        return included

    def _included_users(self, posts: list[Post], included: dict[str, Post]) -> list[str]:
        wanted = self.expansions
        users: list[str] = []
        if wanted & {"author_id", "username"}:
            users += [post.author_id for post in posts]
        if "in_reply_to_user_id" in wanted:
            users += [post.reply_to_user for post in posts if post.reply_to_user]
        if "referenced_tweets.id.author_id" in wanted:
            users += [post.author_id for post in included.values()]
        if "entities.mentions.username" in wanted:
            users += self._named(posts)
        return users

    def _include(self, post_id: str, included: dict[str, Post], parameter: str) -> None:
        post = self.find(post_id, parameter)
        if post is not None:
            included[post_id] = post

    def find(self, post_id: str, parameter: str) -> Post | None:
        """Find a post that the viewer may see; one that they may not becomes an entry of `errors`.

        Args:
            post_id: Its id.
            parameter: What asked for it, as X names it.
        """
        why = self.state.absence(post_id, self.viewer)
        if why is None:
            return self.state.posts[post_id]
        entry = problems.absent(self.spelling.problems, why, parameter, post_id)
        if entry not in self.errors:
            self.errors.append(entry)
        return None

    def _named(self, posts: Iterable[Post]) -> list[str]:
        found = (self.state.user_named(n) for p in posts for n in self.state.mentioned(p))
        return [user.id for user in found if user is not None]

    def _render(self, post: Post) -> wording.Rendered:
        return wording.render(
            self.state.plain(post),
            names=len(post.names),
            repost=post.repost_of is not None,
            alter=self.alter,
        )

    def _with_ids(self, entities: dict[str, list[Json]]) -> dict[str, list[Json]]:
        # X gives the id of a named account that exists.
        named = [dict(entity) for entity in entities.get("mentions", [])]
        for entity in named:
            user = self.state.user_named(entity["username"])
            if user is not None:
                entity["id"] = user.id
        return entities | ({"mentions": named} if named else {})

    def _edit_controls(self, post: Post) -> Json:
        made = ms_of(post.history[0])
        return {
            "edits_remaining": _EDITS - (len(post.history) - 1),
            "is_edit_eligible": post.reply_to is None,
            "editable_until": iso(made + _EDIT_WINDOW_MS),
        }

    def _metrics(self, post: Post) -> Json:
        others = [p for p in self.state.posts.values() if not p.deleted]
        return {
            self.spelling.reposts: sum(p.repost_of == post.id for p in others),
            "reply_count": sum(p.reply_to == post.id for p in others),
            "quote_count": sum(p.quote_of == post.id for p in others),
            "like_count": 0,
            "bookmark_count": 0,
            "impression_count": 0,
        }


def _references(post: Post) -> list[Json]:
    pairs = (
        ("retweeted", post.repost_of),
        ("quoted", post.quote_of),
        ("replied_to", post.reply_to),
    )
    return [{"type": kind, "id": post_id} for kind, post_id in pairs if post_id]
