"""The commands: parse, call a use case, hand the result to output. `main` is the entry."""
