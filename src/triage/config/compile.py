"""From a configuration to the snapshot that judges mentions and waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from triage.config.problems import did_you_mean
from triage.config.raw import CHECK_AGAIN, Raw
from triage.config.rules import Merged, Problem, Refuse, RuleTables, merge_rules, read_own_rules
from triage.config.spans import LONGEST, format_span
from triage.core.calendar import WeeklyCalendar
from triage.core.hours import ALWAYS
from triage.core.kinds import DAY, PRIORITIES
from triage.core.policy import ANY, Policy, Settings
from triage.core.rules_data import rules_from_data
from triage.core.text import handle_key
from triage.errors import ConfigError

if TYPE_CHECKING:
    from triage.config.model import Config
    from triage.config.sla import PromiseTable


def compile_settings(
    config: Config, default_rules: RuleTables, refuse: Refuse | None = None
) -> Settings:
    """Compile what judges mentions and waits: policies, calendars, rules and time zones.

    Args:
        config: The configuration.
        default_rules: The rules that ship; see `compile_rules`.
        refuse: Tries the expressions of an own rule.

    Returns:
        A snapshot; its rules are plain data by id.

    Raises:
        ConfigError: Names every calendar and policy, or every own rule, that cannot be used.
    """
    calendars = compile_clock(config)
    rules = compile_rules(config, default_rules, refuse).whole()
    _check_priorities(config, rules)
    zones = {handle_key(a.handle): a.time_zone for a in config.accounts if a.time_zone}
    return Settings(
        policies=config.policies,
        rules=rules,
        time_zone=config.time_zone,
        special=config.model.sla.special,
        calendars=calendars,
        account_zones=zones,
    )


def _check_priorities(config: Config, rules: RuleTables) -> None:
    """A policy for a priority that no rule gives would never hold."""
    given = {str(rule["priority"]) for rule in rules.values() if rule.get("priority")}
    known = sorted({ANY, *PRIORITIES, *given})
    problems = [
        f'{config.path.name}, [[sla.policy]] {number} priority: no rule gives "{name}". '
        f"{did_you_mean(name, known)}"
        for number, table in enumerate(config.model.sla.policy, 1)
        for name in table.priority
        if name not in known
    ]
    if problems:
        raise ConfigError(
            "\n".join(problems), reason=f"The file is {config.path}.", hint=CHECK_AGAIN
        )


def compile_clock(config: Config) -> dict[str, WeeklyCalendar]:
    """Make the calendars, and see that every policy can be kept by its own.

    Raises:
        ConfigError: Names each that cannot be used, all at once.
    """
    calendars: dict[str, WeeklyCalendar] = {}
    problems: list[str] = []
    for name, hours in config.model.calendar.items():
        where = f"{config.path.name}, [calendar.{name}]"
        if name == ALWAYS:
            problems.append(f'{where}: "{ALWAYS}" is there already: open around the clock.')
            continue
        try:
            calendars[name] = hours.calendar(name, config.time_zone)
        except ValueError as error:
            problems.append(f"{where} holidays: {error}.")
    sla, known = config.model.sla, {ALWAYS, *config.model.calendar}
    named = [("[sla]", sla.calendar)]
    named += [(place, table.calendar) for place, table, _ in sla.tables() if table.calendar]
    for place, name in named:
        if name not in known:
            said = did_you_mean(name, sorted(known))
            where = f"{config.path.name}, {place} calendar"
            problems.append(f'{where}: there is no calendar "{name}". {said}')
    for place, table, policy in sla.tables():
        where = f"{config.path.name}, {place}"
        if policy.calendar in calendars:
            problems += _too_long(where, policy, calendars[policy.calendar])
        problems += _too_early(where, table, policy)
        problems += _strangers(where, policy, [a.handle for a in config.accounts])
    if problems:
        raise ConfigError(
            "\n".join(problems), reason=f"The file is {config.path}.", hint=CHECK_AGAIN
        )
    return calendars


def _too_early(where: str, table: PromiseTable, policy: Policy) -> Iterator[str]:
    """A warning before the clock begins, where the span is the default and not in the file."""
    warn, within = table.warn_before, policy.respond_within
    if isinstance(warn, int) and within is not None and warn > within:
        yield f"{where} warn_before: must not be longer than respond_within, {format_span(within)}."


def _strangers(where: str, policy: Policy, ours: Sequence[str]) -> Iterator[str]:
    """A policy for an account that is none of ours would never hold."""
    known = [handle_key(handle) for handle in ours]
    for account in policy.when.accounts if known else ():
        if account not in known:
            said = did_you_mean(account, known)
            yield f'{where} account: there is no [[account]] "{account}". {said}'


def _too_long(where: str, policy: Policy, calendar: WeeklyCalendar) -> Iterator[str]:
    """A promise that nobody lives to see is a slip, and its date may be beyond all calendars."""
    for key, is_next in (("respond_within", False), ("next_response_within", True)):
        weeks = (policy.within(is_next=is_next) or 0) / calendar.open_in_a_week
        if weeks * 7 * DAY > LONGEST:
            yield (
                f"{where} {key}: with the hours of calendar "
                f'"{calendar.name}" that is more than ten years.'
            )
            return


def compile_rules(
    config: Config, default_rules: RuleTables, refuse: Refuse | None = None
) -> Merged:
    """Lay the own rules of a configuration over the shipped ones.

    Args:
        config: The configuration.
        default_rules: The rules that ship, as plain data by id (`rules_to_data` makes them).
            Left out where `[rules] defaults = false`.
        refuse: Tries the expressions of an own rule: the matcher's part, which is not known
            here. Without it they are not tried.
    """
    table = config.model.rules
    shipped = default_rules if table.defaults else {}
    return merge_rules(shipped, config.own_rules, table.off, config.path.name, refuse)


def check_rules(
    raw: Raw, trouble: ConfigError | None, default_rules: RuleTables, refuse: Refuse
) -> Merged:
    """Lay own rules over the shipped ones as far as a configuration tells them, broken or not.

    Args:
        raw: The configuration.
        trouble: Why it cannot be used as a whole, if it cannot.
        default_rules: As for `compile_rules`.
        refuse: As for `compile_rules`; in the end it tries all rules together.
    """
    own, problems = read_own_rules(raw)
    told = {str(problem) for problem in problems}
    lines = trouble.message.splitlines() if trouble else []
    problems += [Problem("", None, None, None, line) for line in lines if line not in told]
    table = raw.data.get("rules")
    table = table if isinstance(table, Mapping) else {}
    off = table.get("off")
    ids = [rule_id for rule_id in off if isinstance(rule_id, str)] if isinstance(off, list) else []
    shipped = {} if table.get("defaults") is False else default_rules
    merged = merge_rules(shipped, own, ids, raw.path.name, refuse)
    merged.problems[:0] = problems
    try:
        refuse(*rules_from_data(merged.rules))
    except ConfigError as error:
        merged.problems.append(Problem("", None, None, None, f"{error.message} {error.hint}"))
    return merged
