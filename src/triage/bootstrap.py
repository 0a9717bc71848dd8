"""The composition root: configuration, store, channels and clock made into one `App`.

Used by the command line and by tests. Everything is made when it is first asked for, so that a
command pays only for what it uses.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.config.raw import Located, locate
from triage.errors import ConfigError, NotFound, UsageError

if TYPE_CHECKING:
    # For types alone: a hot read must not pay for what it does not use.
    from triage.app.applying import Applied
    from triage.app.replying import Sender
    from triage.config.model import Config
    from triage.config.rules import Merged
    from triage.core.accounts import Account
    from triage.core.channel import Channel
    from triage.core.clockwatch import Reading
    from triage.core.digest import Target
    from triage.core.hours import Calendar
    from triage.core.policy import Settings
    from triage.core.ports import Tagger
    from triage.core.rules import Rule
    from triage.core.rules import Tagger as RuleTagger
    from triage.core.waits import Judge
    from triage.meters import Meters
    from triage.sandbox.server import Sandbox
    from triage.store.recovery import Recovery
    from triage.store.store import SqlStore

DEMO_NAME = "demo"


def wall_clock() -> int:
    """The time, UTC epoch ms."""
    return time.time_ns() // 1_000_000


def steady_clock() -> tuple[int, str]:
    """A clock that nobody sets, ms, and the id of the run of the machine that it belongs to.

    It counts on while the machine sleeps. The id is empty where the system has none.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return time.clock_gettime_ns(clock) // 1_000_000, boot


class App:
    """One run of the program. No dataclass: a hot read would load `dataclasses` for this alone.

    Attributes:
        config: What `--config` said.
        db: What `--db` said.
        demo: Work on the demo's own data, with the sandbox as X.
        env: The environment.
        only_accounts: What `--account` said: handles.
        time_left_s: How many seconds are left for reading, if there is a deadline.
    """

    def __init__(
        self,
        *,
        config: str | None = None,
        db: str | None = None,
        demo: bool = False,
        env: Mapping[str, str] | None = None,
        now: Callable[[], int] = wall_clock,
        only_accounts: tuple[str, ...] = (),
        time_left_s: Callable[[], float] | None = None,
    ) -> None:
        self.config = config
        self.db = db
        self.demo = demo
        self.env = os.environ if env is None else env
        self._clock = now
        self._ahead = 0
        self.only_accounts = only_accounts
        self.time_left_s = time_left_s
        self._sandbox: Sandbox | None = None
        self._taggers: dict[int, Any] = {}
        self._channels: dict[int, Any] = {}

    def now(self) -> int:
        """The time, UTC epoch ms, by the one clock that all who share a store go by."""
        return self._clock() + self._ahead

    @cached_property
    def demo_dir(self) -> Path:
        """Where the demo keeps its configuration, store and sandbox."""
        from triage.config.places import resolve_places

        return resolve_places(env=self.env).data_dir / DEMO_NAME

    @cached_property
    def located(self) -> Located:
        """Every place, and the configuration if it can be read."""
        if not self.demo:
            return locate(config=self.config, db=self.db, env=self.env)
        from triage.config.demo import locate_demo

        return locate_demo(self.demo_dir, self.env)

    @cached_property
    def settings_file(self) -> Config:
        """The validated configuration. Raises `ConfigError`."""
        from triage.config.load import load_config

        return load_config(self.located)

    @cached_property
    def agent(self) -> str:
        """Who sits here: TRIAGE_AGENT, then the configuration, then the login name."""
        told = self.env.get("TRIAGE_AGENT") or (
            self.located.raw.data.get("agent") if self.located.raw else None
        )
        if told:
            from triage.core.text import agent_name

            return agent_name(str(told))
        import getpass

        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "somebody"

    @cached_property
    def store(self) -> SqlStore:
        """The store, which must be there and up to date."""
        from triage.store.store import SqlStore

        opened = SqlStore.open(self.store_place)
        self._ahead = opened.engine.ahead
        return opened

    @cached_property
    def store_place(self) -> Path | str:
        """The store's file, or its address on a server, which may hold a password.

        The configuration is read only where nobody said it more directly.

        Raises:
            ConfigError: The configuration would have to say it, and cannot be read.
        """
        from triage.config.places import expand, is_address, said_by_env

        told = "" if self.demo else self.db or said_by_env(self.env)[0]
        if told and not is_address(told):
            return expand(told, self.env)
        if self.demo and (self.demo_dir / "triage.db").exists():
            return self.demo_dir / "triage.db"
        located = self.located
        if not told and located.problem is not None and located.places.config_file.exists():
            raise located.problem
        return located.places.store

    @property
    def has_store(self) -> bool:
        """Whether there is a store to look into; on a server there is one."""
        place = self.store_place
        return isinstance(place, str) or place.exists()

    def create_store(self) -> SqlStore:
        """The store, made or brought up to date where needed; on a server it is left as it is."""
        from triage.store.store import SqlStore

        if isinstance(self.located.places.store, str):
            # A lock may be held by then, and it watches over the store that is open.
            return self.store

        opened = self.__dict__.pop("store", None)
        if opened is not None:
            opened.close()
        made = SqlStore.open(self.located.places.store, create=True)
        self.__dict__["store"] = made
        return made

    @cached_property
    def brand_name(self) -> str:
        """The brand that the configuration names; its first account's handle by default."""
        data = self.located.require().data
        name = data.get("brand")
        if isinstance(name, str) and name:
            return name
        accounts = data.get("account")
        if isinstance(accounts, list) and accounts and isinstance(accounts[0], dict):
            return str(accounts[0].get("handle", "")).removeprefix("@")
        raise ConfigError(
            "The configuration names no brand and no account.",
            hint='Add brand = "..." and an [[account]], then: triage config check',
        )

    @cached_property
    def brand_id(self) -> int:
        """The brand in the store: the only one, or the one that the configuration names."""
        brands = self.store.accounts.brands()
        if len(brands) == 1:
            return next(iter(brands))
        if brands and self.located.raw is not None:
            found = self.store.accounts.find_brand(self.brand_name)
            if found is not None:
                return found
        if not brands:
            raise NotFound(
                "The database holds no brand yet.",
                hint="Run `triage fetch` or `triage import`.",
            )
        raise ConfigError(
            "The database holds several brands, and the configuration names none of them.",
            reason=f"It holds {', '.join(sorted(brands.values()))}.",
            hint='Set brand = "..." in the configuration.',
        )

    def accounts(self) -> list[Account]:
        """The brand's accounts in the store, less those that `--account` leaves out."""
        from triage.core.text import handle_key

        known = self.store.accounts.accounts(self.brand_id)
        if not self.only_accounts:
            return known
        wanted = {handle_key(a) for a in self.only_accounts}
        chosen = [a for a in known if handle_key(a.handle) in wanted]
        unknown = wanted - {handle_key(a.handle) for a in chosen}
        if unknown:
            raise UsageError(
                f"There is no account @{min(unknown)}.",
                reason=f"Known: {', '.join('@' + a.handle for a in known) or 'none'}.",
                hint="Name one of them with --account.",
            )
        return chosen

    def tagger_for(self, judge: Judge) -> Tagger:
        """The rule engine of a snapshot."""
        found = self._taggers.get(judge.settings_id)
        if found is None:
            from triage.core.rules_data import rules_from_data
            from triage.matching.defaults import make_tagger

            found = make_tagger(rules_from_data(judge.settings.rules))
            self._taggers[judge.settings_id] = found
        tagger: Tagger = found
        return tagger

    def compile_settings(self) -> tuple[Any, str]:
        """The files as a settings snapshot, and their hash."""
        from triage.config.compile import compile_settings
        from triage.rule_files import refuse

        settings = compile_settings(self.settings_file, self.shipped_rules(), refuse)
        return settings, self.located.require().source_hash

    def apply_settings(
        self, settings: Settings, source_hash: str, *, judging: bool = True
    ) -> Applied:
        """Put compiled settings in force in the store that is open; see `app.applying`."""
        from triage.app.applying import apply_settings
        from triage.core.accounts import STALE_AFTER

        return apply_settings(
            self.store,
            settings,
            source_hash,
            self.agent,
            self.now(),
            brand=self.brand_name,
            accounts=[(a.channel, a.handle) for a in self.settings_file.accounts],
            tagger_for=self.tagger_for,
            marks={STALE_AFTER: str(self.settings_file.fetch.stale_after)},
            judging=judging,
        )

    def clocks(self) -> Reading:
        """Both clocks now."""
        from triage.core.clockwatch import Reading

        return Reading(self.now(), *steady_clock())

    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars as the files say, by name; see `config.compile.compile_clock`."""
        from triage.config.compile import compile_clock

        return {**compile_clock(self.settings_file)}

    @property
    def has_configuration(self) -> bool:
        """Whether there is a configuration, or somebody says that there is one."""
        told = self.config or self.env.get("TRIAGE_CONFIG") or self.demo
        return bool(told) or self.located.places.config_file.exists()

    def shipped_rules(self) -> dict[str, dict[str, Any]]:
        """The rules that come with the program, as plain data by id."""
        from triage.core.rules_data import rules_to_data
        from triage.matching.defaults import load_default_rules

        return rules_to_data(load_default_rules())

    def merged_rules(self) -> Merged:
        """See `rule_files.merged_rules`."""
        from triage.rule_files import merged_rules

        return merged_rules(self)

    def check_rules(self) -> Merged:
        """See `rule_files.check_all`."""
        from triage.rule_files import check_all

        return check_all(self)

    def rules_of_files(self) -> tuple[Rule, ...]:
        """See `rule_files.rules_of_files`."""
        from triage.rule_files import rules_of_files

        return rules_of_files(self)

    def tagger_of_files(self) -> RuleTagger:
        """The rule engine over `rules_of_files`. Raises as it does."""
        from triage.matching.defaults import default_tagger, make_tagger

        return make_tagger(self.rules_of_files()) if self.has_configuration else default_tagger()

    def channel(self, account: Account) -> Channel:
        """The way to an account."""
        if account.id not in self._channels:
            self._channels[account.id] = self._make_channel(account)
        channel: Channel = self._channels[account.id]
        return channel

    def _make_channel(self, account: Account) -> Channel:
        from triage import signing
        from triage.channels import load
        from triage.config.credentials import load_credentials

        base_url, env = signing.base_url(self, account.handle), signing.environment(self)
        options = self.settings_file.fetch
        credentials = load_credentials(self.settings_file, self.located.places, env, account.handle)
        return load(account.channel)(
            credentials,
            now=self.now,
            base_url=base_url,
            timeout_s=(min(5.0, options.timeout / 1000), options.timeout / 1000),
            fields=options.fields,
            page_size=options.page_size,
            account_handle=account.handle,
            time_left_s=self.time_left_s,
            meter=self.meters.make(account),
            keys=signing.keys_for(self, account.handle, credentials),
        )

    @cached_property
    def meters(self) -> Meters:
        """What counts the requests of every channel."""
        from triage.meters import Meters

        return Meters(self)

    def start_sandbox(self) -> Sandbox:
        """The demo's own X, started inside this process."""
        if self._sandbox is None:
            from triage.sandbox.server import Sandbox

            self._sandbox = Sandbox(self.demo_dir / "sandbox.json")
            self._sandbox.start()
        return self._sandbox

    def sender(self, account: Account) -> Sender:
        """What sending as an account needs."""
        from triage.app.replying import Sender

        places = self.located.places
        return Sender(
            store=self.store,
            channel=self.channel(account),
            account=account,
            generation=self.store.generation(places.state_dir, places.db),
            lock=lambda: self.lock("send", wait_s=30.0),
            now=self.now,
            tagger_for=self.tagger_for,
            look_within=self.settings_file.reply.look_within,
            late_after=self.settings_file.reply.late_after,
            spikes=self.settings_file.events.spikes,
        )

    @cached_property
    def recovery(self) -> Recovery:
        """Where words are kept until the store has them."""
        from triage.store.recovery import Recovery

        places = self.located.places
        return Recovery(places.state_dir, places.store_key)

    def alert_targets(self) -> list[Target]:
        """Where alerts go: the `alert_command`, then the targets, in the order of the file.

        One that has no URL takes nothing, and says why.

        Raises:
            ConfigError: The configuration cannot be used, or what should be an URL is none.
            SignInNeeded: The `token_command` failed.
        """
        from zoneinfo import ZoneInfo

        from triage.config.alert_urls import find_alert_urls
        from triage.delivery.apprise_target import AppriseTarget, NoTarget
        from triage.delivery.command import CommandTarget

        config, places = self.settings_file, self.located.places
        argv, zone = config.alerts.alert_command, ZoneInfo(config.time_zone)
        made: list[Target] = [CommandTarget(argv, places.config_file.parent)] if argv else []
        found, lacking = find_alert_urls(config, places, self.env)
        return made + [
            NoTarget(n, lacking[n]) if n in lacking else AppriseTarget(n, found[n].url, zone)
            for n in config.alerts.targets
        ]

    def lock(self, what: str, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """See `locking.lock`."""
        from triage.locking import lock

        return lock(self, what, wait_s)

    def lock_holder(self, what: str) -> str | None:
        """See `locking.holder`."""
        from triage.locking import holder

        return holder(self, what)

    def close(self) -> None:
        """Give everything back."""
        if "meters" in self.__dict__:
            self.meters.flush()
        if self._sandbox is not None:
            self._sandbox.stop()
        store = self.__dict__.get("store")
        if store is not None:
            store.close()
