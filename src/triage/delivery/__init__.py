"""Ways out that are no channel: alerts to the brand's own people, and heartbeats."""
