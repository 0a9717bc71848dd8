"""X (formerly Twitter): its API v2 through tweepy, and its own measure of a post's length."""
