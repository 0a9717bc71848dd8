"""One use case per verb: load, let the core decide, save. Nothing here prints or knows SQL."""
