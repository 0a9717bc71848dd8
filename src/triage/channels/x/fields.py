"""What is asked for along with posts, in the two spellings of X's contract.

X renames tweets to posts step by step. In the newer contract the ids of others (author, answered
post, versions) are no fields any more: asking for their expansion brings them.
"""

from __future__ import annotations

from collections.abc import Mapping

from triage.errors import ConfigError

USER_PARAMETERS: Mapping[str, str] = {"user.fields": "name,protected,public_metrics,username"}

POST_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "tweet": {
        **USER_PARAMETERS,
        "tweet.fields": "author_id,conversation_id,created_at,edit_history_tweet_ids,entities,"
        "in_reply_to_user_id,lang,note_tweet,referenced_tweets,reply_settings",
        "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id",
    },
    "post": {
        **USER_PARAMETERS,
        "post.fields": "conversation_id,created_at,entities,lang,note_post,reply_settings",
        "expansions": "author_id,edit_history_post_ids,in_reply_to_user_id,referenced_posts",
    },
}
"""By spelling: the query parameters of every request that reads posts."""


def post_parameters(spelling: str) -> Mapping[str, str]:
    """Give the query parameters of a spelling. Raises `ConfigError` for one that is not known."""
    if spelling not in POST_PARAMETERS:
        known = " or ".join(repr(name) for name in POST_PARAMETERS)
        raise ConfigError(f"X has no spelling {spelling!r} of its fields", hint=f"Use {known}")
    return POST_PARAMETERS[spelling]
