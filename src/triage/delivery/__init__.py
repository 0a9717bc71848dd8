"""Ways out that are no channel: alerts to the brand's own people, heartbeats, a report's page."""
