"""Where the demo keeps everything: in a folder of its own, save for a store on a server."""

from collections.abc import Mapping
from pathlib import Path

from triage.config.places import CONFIG_NAME, DB_NAME
from triage.config.raw import Located, locate
from triage.errors import NotFound

_OF_REAL_WORK = ("TRIAGE_DB", "TRIAGE_STORE")


def locate_demo(folder: Path, env: Mapping[str, str]) -> Located:
    """Find the demo's configuration and places; only its own configuration names a server.

    Raises:
        NotFound: There is no demo yet.
    """
    if not (folder / CONFIG_NAME).exists():
        raise NotFound(
            "There is no demo yet.",
            reason=f"Nothing was made in {folder}.",
            hint="Make it: triage demo",
        )
    own = {name: value for name, value in env.items() if name not in _OF_REAL_WORK}
    own["TRIAGE_STATE_DIR"] = str(folder / "state")
    found = locate(config=str(folder / CONFIG_NAME), db=None, env=own)
    if found.places.url:
        return found
    return found._replace(places=found.places._replace(db=folder / DB_NAME))
