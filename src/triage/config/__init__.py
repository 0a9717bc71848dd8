"""The configuration: where things lie, what the TOML file says, and the keys to the channels.

Import the module that is needed. `places` and `raw` cost next to nothing and are on the way of
every command; `load` brings pydantic, and is for the commands that compile settings.
"""
