"""Own rules over the shipped ones: added, changed key by key, switched off, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triage.config.compile import check_rules, compile_rules, compile_settings
from triage.config.load import load_config
from triage.config.model import Config
from triage.config.places import resolve_places
from triage.config.raw import read_raw
from triage.config.rules import Merged, Origin
from triage.core.rule import Rule
from triage.core.rules_data import rules_from_data
from triage.errors import ConfigError

ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
ENV = {"HOME": "/home/ana", "USER": "ana"}
SHIPPED: dict[str, Any] = {
    "late": {
        "phrases": ["late", "behind schedule"],
        "regex": ["hours? late", "days? late"],
        "weights": {"complaint": 1.0, "praise": -0.5},
        "theme": "delivery",
        "lang": "en",
    },
    "thanks": {"phrases": ["thanks"], "weights": {"praise": 1.0}},
}


def refuse(*rules: Rule) -> None:
    """A matcher that knows no look-ahead."""
    for rule in rules:
        for pattern in rule.expressions:
            if "(?=" in pattern:
                reason = "no look-ahead"
                raise ConfigError(f'Rule "{rule.id}", regex {pattern!r}: {reason}.', reason=reason)


def load(folder: Path, rules: str = "", config: str = "", **files: str) -> Config:
    """Load a configuration with a file `rules.toml`, and others by name."""
    files = {"rules": rules, **files}
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    names = ", ".join(f'"{name}.toml"' for name in files)
    (folder / "config.toml").write_text(f"{ACME}[rules]\nfiles = [{names}]\n{config}")
    return load_config(resolve_places(config=str(folder / "config.toml"), env=ENV), ENV)


def merged(folder: Path, rules: str = "", config: str = "", **files: str) -> Merged:
    """What becomes of the shipped rules."""
    return compile_rules(load(folder, rules, config, **files), SHIPPED, refuse)


def problems(folder: Path, rules: str = "", config: str = "", **files: str) -> list[str]:
    """All that is refused, as people read it."""
    return [str(problem) for problem in merged(folder, rules, config, **files).problems]


def test_a_known_id_changes_only_the_keys_that_it_names(tmp_path: Path) -> None:
    """The rest of the rule stays as it ships."""
    found = merged(tmp_path, "[rules.late]\nweights = { complaint = 2.5 }\n")
    assert found.rules["late"] == {**SHIPPED["late"], "weights": {"complaint": 2.5}}
    assert found.rules["thanks"] == SHIPPED["thanks"]
    assert found.problems == []


def test_a_rule_that_names_all_keys_is_another_rule(tmp_path: Path) -> None:
    """Patterns that are named stand for all patterns of their key."""
    text = (
        '[rules.late]\nphrases = ["tardy"]\nregex = []\nweights = {}\ntheme = "time"\nlang = "de"\n'
    )
    found = merged(tmp_path, text).rules["late"]
    assert found == {"phrases": ["tardy"], "theme": "time", "lang": "de"}


def test_single_patterns_are_added_and_dropped(tmp_path: Path) -> None:
    """In any spelling that means the same phrase; adding twice is once."""
    found = merged(
        tmp_path,
        '[rules.late]\nadd_phrases = ["overdue", "LATE", "overdue"]\n'
        'drop_phrases = ["Behind  Schedule"]\nadd_regex = ["weeks? late"]\n'
        'drop_regex = ["hours? late"]\n',
    ).rules["late"]
    assert found["phrases"] == ["late", "overdue"]
    assert found["regex"] == ["days? late", "weeks? late"]
    assert found["weights"] == SHIPPED["late"]["weights"]


def test_all_of_one_list_may_go(tmp_path: Path) -> None:
    """A rule needs one pattern, not one of each sort."""
    found = merged(tmp_path, '[rules.late]\ndrop_phrases = ["late", "behind schedule"]\n')
    assert "phrases" not in found.rules["late"]
    (told,) = problems(tmp_path, '[rules.thanks]\ndrop_phrases = ["thanks"]\n')
    assert 'Rule "thanks", rule: needs either patterns' in told


def test_another_id_adds(tmp_path: Path) -> None:
    """Ordered by id, in one spelling, as the engine takes them."""
    found = merged(tmp_path, '[rules.mine]\nphrases = ["mine"]\n[rules.a]\nregex = ["a+"]\n')
    assert list(found.whole()) == ["a", "late", "mine", "thanks"]
    assert [rule.id for rule in rules_from_data(found.whole())] == ["a", "late", "mine", "thanks"]


def test_rules_in_the_configuration_itself(tmp_path: Path) -> None:
    """`[rules.own.ID]` takes the same keys, after every file."""
    found = merged(
        tmp_path,
        '[rules.mine]\nphrases = ["mine"]\n[rules.late]\ntheme = "a"\n',
        '[rules.own.mine]\nadd_phrases = ["ours"]\n[rules.own.late]\ntheme = "b"\n',
    )
    assert found.rules["mine"] == {"phrases": ["mine", "ours"]}
    assert found.rules["late"]["theme"] == "b"
    (told,) = problems(tmp_path, "", '[rules.own.late]\nthem = "b"\n')
    assert told.startswith('config.toml, line 7: Rule "late", them: unknown key. Did you mean "the')


def test_a_later_file_has_the_last_word(tmp_path: Path) -> None:
    """Each changes what the ones before it made."""
    found = merged(
        tmp_path,
        '[rules.late]\nadd_phrases = ["overdue"]\ntheme = "a"\n',
        second='[rules.late]\ndrop_phrases = ["overdue", "late"]\ntheme = "b"\n',
    ).rules["late"]
    assert (found["phrases"], found["theme"]) == (["behind schedule"], "b")


def test_off(tmp_path: Path) -> None:
    """In a table or by the list, once or twice; all that ships at once with `defaults`."""
    for rules, config in (
        ("[rules.late]\noff = true\n", ""),
        ("", 'off = ["late"]\n'),
        ("[rules.late]\noff = true\n", 'off = ["late", "late"]\n'),
        ("", "[rules.own.late]\noff = true\n"),
    ):
        found = merged(tmp_path, rules, config)
        assert (list(found.whole()), list(found.off)) == (["thanks"], ["late"])
    assert merged(tmp_path, '[rules.a]\nphrases = ["a"]\n', "defaults = false\n").whole() == {
        "a": {"phrases": ["a"]}
    }


def test_sources(tmp_path: Path) -> None:
    """It is known of each rule where it comes from, by file and line."""
    found = merged(
        tmp_path,
        '# mine\n[rules.mine]\nphrases = [\n  "mine",\n]\n\n[ rules . "late" ]\ntheme = "a"\n',
        'off = ["mine"]\n[rules.own.new]\nphrases = ["new"]\n',
    )
    places = {rule: (source.origin, source.place) for rule, source in found.sources.items()}
    assert places == {
        "late": (Origin.CHANGED, "rules.toml:7"),
        "mine": (Origin.OFF, "config.toml:6"),
        "new": (Origin.OWN, "config.toml:7"),
        "thanks": (Origin.DEFAULT, ""),
    }


def test_order_of_rules_does_not_matter(tmp_path: Path) -> None:
    """The same rules in another order are the same settings."""
    parts = ['[rules.a]\nphrases = ["a"]\n', "[rules.b]\nphrases = ['b']\nweights = {other = 1}\n"]
    first = compile_settings(load(tmp_path, "".join(parts)), SHIPPED)
    second = compile_settings(load(tmp_path, "".join(parts[::-1])), SHIPPED)
    assert first.fingerprint == second.fingerprint
    assert first.rules_fingerprint == second.rules_fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[rules.a]\nphrase = ["x"]',
            'rules.toml, line 2: Rule "a", phrase: unknown key. Did you mean "phrases"?',
        ),
        (
            '[rules.late]\nadd_phrase = ["x"]',
            'line 2: Rule "late", add_phrase: unknown key. Did you mean "add_phrases"?',
        ),
        (
            '[rules.b]\nphrases = ["x"]\nweights = {compliant = 1}',
            'line 3: Rule "b", weights: unknown kind "compliant". Did you mean "complaint"?',
        ),
        (
            '[rules.b]\nphrases = ["x"]\n[rules.b.weights]\npraise = 1\ncomplaint = "2"',
            "line 5: Rule \"b\", weights.complaint: '2' is not a number.",
        ),
        (
            '[rules.late]\ndrop_phrases = ["behind schedul"]',
            (
                "line 2: Rule \"late\", drop_phrases: 'behind schedul' is not among its phrases. "
                'Did you mean "behind schedule"?'
            ),
        ),
        ('[rules.late]\ndrop_regex = ["x"]', "'x' is not among its regex."),
        ('[rules.late]\nadd_phrases = "x"', 'line 2: Rule "late", add_phrases: must be a list'),
        ('[rules.late]\nadd_phrases = [""]', 'line 2: Rule "late", phrases: holds an empty text.'),
        ("[rules.late]\nphrases = 1", 'line 2: Rule "late", phrases: must be a list of texts.'),
        (
            '[rules.lte]\nadd_phrases = ["x"]',
            (
                'line 1: Rule "lte": there is no such rule to change. Did you mean "late"? '
                "A new rule needs phrases, regex or a sign."
            ),
        ),
        ("[rules.lte]\nweights = {other = 1}", 'no such rule to change. Did you mean "late"?'),
        ("[rules.zzz]\nweights = {other = 1}", 'line 1: Rule "zzz", rule: needs either patterns'),
        ("[rules.Up]\nphrases = ['x']", 'line 1: Rule "Up", id: is not kebab-case.'),
        ("[rules]\nlate = 3", 'line 2: Rule "late", rule: must be a table.'),
        ("[rules.lte]\noff = true", 'line 2: no rule "lte" to switch off. Did you mean "late"?'),
        (
            "[rules.late]\noff = true\nphrases = []",
            'line 2: Rule "late": "off = true" stands alone, without keys.',
        ),
        (
            '[rules.late]\nphrases = [3]\nadd_phrases = ["x"]',
            'line 2: Rule "late", phrases: must be a list of texts.',
        ),
        ("[rules.late]\noff = false", '"off = true" stands alone'),
        (
            '[rules.late]\n\nadd_regex = [\n  "a(?=b)",\n]',
            "line 3: Rule \"late\", regex 'a(?=b)': no look-ahead.",
        ),
        ('[rules]\nnew = { regex = ["a(?=b)"] }', "line 2: Rule \"new\", regex 'a(?=b)'"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    """Each mistake is told with its file, line, rule, key and reason."""
    (told,) = problems(tmp_path, text)
    assert told.startswith("rules.toml, line ")
    assert said in told


def test_off_of_an_unknown_rule(tmp_path: Path) -> None:
    """An id in the list that switches off nothing is a typo."""
    assert problems(tmp_path, "", 'off = ["thansk", "zzz"]\n') == [
        'config.toml, line 6: [rules] off: no rule "thansk". Did you mean "thanks"?',
        'config.toml, line 6: [rules] off: no rule "zzz".',
    ]


def test_nothing_half_right_is_put_in_force(tmp_path: Path) -> None:
    """One broken rule stops a snapshot, and all that is broken is told at once."""
    config = load(tmp_path, "[rules.a]\nx = 1\n[rules.b]\ny = 1\n[rules.c]\nphrases = ['c']\n")
    with pytest.raises(ConfigError) as error:
        compile_settings(config, SHIPPED, refuse)
    assert [line.partition(":")[0] for line in error.value.message.splitlines()] == [
        "rules.toml, line 2",
        "rules.toml, line 4",
    ]
    assert error.value.hint == "Check again: triage rules check"


def test_a_broken_rule_does_not_count_as_loaded(tmp_path: Path) -> None:
    """Neither one of yours nor a shipped one that you changed; what comes later is still told."""
    found = merged(
        tmp_path,
        "[rules.late]\nx = 1\n[rules.a]\nphrases = ['a']\n",
        second="[rules.late]\ntheme = 'b'\n[rules.thanks]\ny = 1\n",
    )
    assert list(found.rules) == ["a"]
    assert [(p.file, p.line, p.rule, p.key) for p in found.problems] == [
        ("rules.toml", 2, "late", "x"),
        ("second.toml", 4, "thanks", "y"),
    ]


def test_files_that_cannot_be_used_as_a_whole(tmp_path: Path) -> None:
    """They are refused when the configuration is loaded, with every other problem."""
    with pytest.raises(ConfigError) as error:
        load(tmp_path, "rule.a = 1\n", "own = 3\n", broken="[rules\n", list="rules = []\n")
    assert error.value.message.splitlines() == [
        'rules.toml, line 1: unknown setting "rule". Rules stand under [rules.ID].',
        (
            "broken.toml, line 1: column 7: not valid TOML (Expected ']' at the end of a table "
            "declaration)."
        ),
        "list.toml, line 1: write rules as tables, [rules.ID].",
        "config.toml, line 6: write own rules as tables, [rules.own.ID].",
    ]


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        (None, ("config.toml", 6, "files"), "[rules] files: "),
        (b"[rules\n", ("own.toml", 1, None), "column 7: not valid TOML (Expected ']'"),
        (b"# \xff\n", ("own.toml", 1, None), "not UTF-8 text."),
        (b"#\n[rules", ("own.toml", None, None), "end of document: not valid TOML"),
        (b"a = 1" + b"0" * 5000, ("own.toml", None, None), "not valid TOML: Exceeds"),
        (b"#\nrules = 3\n", ("own.toml", 2, None), "write rules as tables, [rules.ID]."),
    ],
)
def test_a_broken_file_has_a_place(
    tmp_path: Path, content: bytes | None, place: tuple[str, int | None, str | None], said: str
) -> None:
    """A missing one is told where it is named; the others, and the rules, load all the same."""
    text = f'{ACME}\n[rules]\nfiles = [\n  "own.toml",\n  "good.toml",\n]\n'
    (tmp_path / "config.toml").write_text(text)
    (tmp_path / "good.toml").write_text('[rules.good]\nphrases = ["good"]\n')
    if content is not None:
        (tmp_path / "own.toml").write_bytes(content)
    raw = read_raw(tmp_path / "config.toml", ENV)
    found = check_rules(raw, None, SHIPPED, refuse)
    (problem,) = found.problems
    assert (problem.file, problem.line, problem.key) == place
    assert problem.text.startswith(said)
    assert sorted(found.rules) == ["good", "late", "thanks"]


def test_a_hint_names_the_heading_as_it_is_to_be_written(tmp_path: Path) -> None:
    """It is another in a file of rules than in the configuration."""
    (told,) = problems(tmp_path, "[rules]\nlate = 3\n")
    assert told.endswith("Write [rules.late] above its keys.")
    (told,) = problems(tmp_path, "", "[rules.own]\nlate = 3\n")
    assert told.endswith("Write [rules.own.late] above its keys.")


def test_a_check_goes_on_behind_every_problem(tmp_path: Path) -> None:
    """A wrong configuration and a broken file do not hide what is wrong with other rules."""
    with pytest.raises(ConfigError) as error:
        load(
            tmp_path,
            "[rules.a]\nx = 1\n[rules.b]\nphrases = ['b']\n",
            'off = ["late", 3]\n[sla]\nhuors = 3\n',
            broken="[rules\n",
        )
    raw = read_raw(tmp_path / "config.toml", ENV)
    found = check_rules(raw, error.value, SHIPPED, refuse)
    assert sorted(found.rules) == ["b", "thanks"]
    assert [str(problem).partition(":")[0] for problem in found.problems] == [
        "broken.toml, line 1",
        "config.toml, [sla]",
        "config.toml, [rules] off, item 2",
        "rules.toml, line 2",
    ]


def test_a_check_tries_all_rules_together(tmp_path: Path) -> None:
    """Rules may each be in order and yet be too large for one matcher."""
    load(tmp_path, "")

    def too_small(*rules: Rule) -> None:
        if len(rules) > 1:
            raise ConfigError("The rules are too large together.", hint="Leave out rules.")

    raw = read_raw(tmp_path / "config.toml", ENV)
    (problem,) = check_rules(raw, None, SHIPPED, too_small).problems
    assert str(problem) == "The rules are too large together. Leave out rules."
