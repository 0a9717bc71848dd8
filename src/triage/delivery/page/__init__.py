"""The report as a page to open, to mail and to print."""

from triage.delivery.page.render import render_page

__all__ = ["render_page"]
