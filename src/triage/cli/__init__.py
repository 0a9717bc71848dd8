"""The commands: parse, call a use case, hand the result to output. `main` is the entry."""

import gc

# A command lives for a moment: looking for cycles while it starts is a tenth of what it costs.
gc.set_threshold(50_000, 20, 20)
