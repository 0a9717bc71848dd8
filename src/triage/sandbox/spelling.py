"""The two spellings of the contract: `tweet.fields` and its successor `post.fields`.

X renames tweets to posts step by step. Each request is answered in the spelling that it used, and
may ask for exactly what that version of the contract lists.
"""

from __future__ import annotations

from dataclasses import dataclass


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHARED_FIELDS = _names(
    "article attachments card_uri community_id context_annotations conversation_id created_at"
    " display_text_range edit_controls entities geo id lang media_metadata non_public_metrics"
    " organic_metrics possibly_sensitive promoted_metrics public_metrics reply_settings scopes"
    " source suggested_source_links suggested_source_links_with_counts text withheld"
)
_SHARED_USER_FIELDS = _names(
    "confirmed_email connection_status created_at description entities id is_identity_verified"
    " location name parody profile_banner_url profile_image_url protected public_metrics"
    " receives_your_dm subscription subscription_type url username verified"
    " verified_followers_count verified_type withheld"
)
_SHARED_EXPANSIONS = _names(
    "article.cover_media article.media_entities attachments.media_keys"
    " attachments.media_source_tweet attachments.poll_ids author_id entities.mentions.username"
    " geo.place_id in_reply_to_user_id"
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """The names that one version of the contract uses.

    Attributes:
        fields_parameter: `tweet.fields` or `post.fields`.
        fields: What it may list.
        expansions: What `expansions` may list for posts.
        references: The field that lists what a post refers to.
        references_expansion: How that is expanded.
        note: The field with the whole of a long text.
        history: The field with the ids of all versions.
        included: Where expanded posts stand in `includes`.
        reposts: The name of the count of repeats.
        posts_of_user: The name of the count of an account's posts.
        problems: Where the problem types live.
    """

    fields_parameter: str
    fields: frozenset[str]
    user_fields: frozenset[str]
    expansions: frozenset[str]
    user_expansions: frozenset[str]
    references: str
    references_expansion: str
    note: str
    history: str
    included: str
    reposts: str
    posts_of_user: str
    problems: str


TWEETS = Spelling(
    fields_parameter="tweet.fields",
    fields=_SHARED_FIELDS
    | {
        "author_id",
        "edit_history_tweet_ids",
        "in_reply_to_user_id",
        "note_tweet",
        "referenced_tweets",
    },
    user_fields=_SHARED_USER_FIELDS | {"affiliation", "most_recent_tweet_id", "pinned_tweet_id"},
    expansions=_SHARED_EXPANSIONS
    | {
        "edit_history_tweet_ids",
        "entities.note.mentions.username",
        "referenced_tweets.id",
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets.id.author_id",
    },
    user_expansions=frozenset({"affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"}),
    references="referenced_tweets",
    references_expansion="referenced_tweets.id",
    note="note_tweet",
    history="edit_history_tweet_ids",
    included="tweets",
    reposts="retweet_count",
    posts_of_user="tweet_count",
    problems="https://api.twitter.com/2/problems/",
)

POSTS = Spelling(
    fields_parameter="post.fields",
    # Ids of others (author, references, versions) are no fields here: their expansion brings them.
    fields=_SHARED_FIELDS
    | {
        "article_title",
        "matched_media_notes",
        "note_post",
        "note_request_suggestions",
        "paid_partnership",
    },
    user_fields=_SHARED_USER_FIELDS | {"subscribes_to_you"},
    expansions=_SHARED_EXPANSIONS | {"edit_history_post_ids", "referenced_posts", "username"},
    user_expansions=frozenset({"affiliation", "most_recent_post_id", "pinned_post_id"}),
    references="referenced_posts",
    references_expansion="referenced_posts",
    note="note_post",
    history="edit_history_post_ids",
    included="posts",
    reposts="repost_count",
    posts_of_user="post_count",
    problems="https://api.x.com/2/problems/",
)


def of_request(query: dict[str, str]) -> Spelling:
    """Tell which spelling a request uses; one that shows neither is answered in the older."""
    expansions = set(query.get("expansions", "").split(","))
    newer = (POSTS.expansions | POSTS.user_expansions) - TWEETS.expansions - TWEETS.user_expansions
    return POSTS if "post.fields" in query or expansions & newer else TWEETS
