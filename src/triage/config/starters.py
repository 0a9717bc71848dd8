"""Templates to begin with: what `init` and the demo lay down beside a new configuration."""

from __future__ import annotations

from pathlib import Path

from triage.config.template_files import folder_of
from triage.errors import TriageError

STARTERS = {
    "sorry.txt": """\
---
title = "An apology, and that we look into it"
kinds = ["complaint"]
---
Hi {{ customer.first_name }}, we are sorry about that. We are looking into it and answer here \
as soon as we know more. {{ agent.sign | default("") }}
""",
    "sorry.es.txt": """\
Hola {{ customer.first_name }}, lo sentimos mucho. Lo estamos mirando y te respondemos aquí \
en cuanto sepamos más. {{ agent.sign | default("") }}
""",
    "tracking.txt": """\
---
title = "We ask the carrier where an order is"
themes = ["delivery"]
---
We have asked the carrier where your order {{ attributes.order }} is, and tell you tomorrow. \
{{ agent.sign | default("") }}
""",
    "tracking.es.txt": """\
Hemos preguntado al transportista dónde está tu pedido {{ attributes.order }} y te decimos \
algo mañana. {{ agent.sign | default("") }}
""",
    "private.txt": """\
---
title = "Details by direct message, not in public"
themes = ["account-access", "billing", "refund"]
---
Please send us your order number in a direct message, and not here where everybody reads it. \
{{ agent.sign | default("") }}
""",
    "thanks.txt": """\
---
title = "Thanks for praise"
kinds = ["praise"]
---
Thank you, {{ customer.first_name }}! We have told the team. {{ agent.sign | default("") }}
""",
}
"""By name of the file."""

_NEW = """\
---
title = ""
# When it is suggested: themes = ["delivery"], kinds = ["complaint"]
---
Hi {{ customer.first_name }},
"""


def skeleton(lang: str) -> str:
    """What a new file begins as; a translation needs no head."""
    return "" if lang else _NEW


def lay_down(config_file: Path) -> Path | None:
    """Write the starters beside a configuration; None where there are templates already.

    Raises:
        TriageError: They cannot be written.
    """
    folder = folder_of(config_file)
    if folder.exists():
        return None
    try:
        folder.mkdir(mode=0o700, parents=True)
        for name, text in STARTERS.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise TriageError(
            "The templates to begin with could not be written.",
            reason=f"{folder}: {error.strerror}.",
            hint="Make room for them, or write your own: triage templates edit NAME",
        ) from error
    return folder
