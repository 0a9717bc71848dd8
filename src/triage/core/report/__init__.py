"""Honest figures of a period: who wrote, who was answered and when, and who still waits.

`model` is what a report consists of; `docs/metrics.md` defines every figure. The other modules
compute them from rows and from nothing else.
"""
