"""The shipped rules for Spanish, French and German, and posts in languages without rules."""

import json
from itertools import chain
from pathlib import Path

import pytest

from triage.core.kinds import Kind
from triage.core.model import UNSURE_BELOW
from triage.matching.defaults import default_tagger, load_default_rules, make_tagger

EXAMPLES = Path(__file__).resolve().parents[2] / "benchmarks" / "own_examples"
LANGUAGES = {"es": "spanish", "fr": "french", "de": "german"}
COMPLAINT, QUESTION, OTHER, PRAISE = Kind.COMPLAINT, Kind.QUESTION, Kind.OTHER, Kind.PRAISE

SPANISH = [
    ("@acme el vuelo salió con tres horas de retraso y nadie avisó", COMPLAINT),
    ("@acme me han cobrado el mes entero estando de baja", COMPLAINT),
    ("@acme porfa arreglen la app, no me deja pagar", COMPLAINT),
    ("@acme gracias por perder mi maleta, todo un detalle", COMPLAINT),
    ("@acme no estoy contento con el trato en su oficina", COMPLAINT),
    ("@acme xq sigue sin internet media colonia??", COMPLAINT),
    ("@acme ¿cuánto tarda el envío a Perú?", QUESTION),
    ("@acme buenas, olvidé mi clave y no recuerdo el correo, cómo entro?", QUESTION),
    ("@acme quisiera saber si abren el lunes", QUESTION),
    ("@acme muchas gracias, ya funciona todo", PRAISE),
    ("@acme nunca me han fallado, los recomiendo", PRAISE),
    ("@acme listo, os he enviado los datos por DM", OTHER),
    ("Sorteo: sigue a @acme y gana una bici https://example.org/a", OTHER),
]
FRENCH = [
    ("@acme mon train a deux heures de retard et aucune info à bord", COMPLAINT),
    ("@acme j'ai été prélevé alors que j'ai résilié en mai", COMPLAINT),
    ("@acme pourriez-vous m'aider svp, la box ne marche plus", COMPLAINT),
    ("@acme merci de nous avoir laissés sans chauffage tout le week-end", COMPLAINT),
    ("@acme vraiment pas satisfait de l'accueil en boutique", COMPLAINT),
    ("@acme pk personne repond au telephone ??", COMPLAINT),
    ("@acme combien coûte l'envoi vers Québec ?", QUESTION),
    ("@acme j'ai oublié mon parapluie dans le bus 7, qui appeler ?", QUESTION),
    ("@acme j'aimerais savoir si vous ouvrez lundi", QUESTION),
    ("@acme merci beaucoup, tout remarche", PRAISE),
    ("@acme jamais déçu, je recommande", PRAISE),
    ("@acme c'est fait, je vous ai envoyé un mp", OTHER),
    ("Concours : suivez @acme et tentez de gagner un vélo https://example.org/a", OTHER),
]
GERMAN = [
    ("@acme Zug schon wieder 90 Minuten zu spät und keiner sagt was", COMPLAINT),
    ("@acme trotz Kündigung wurde weiter abgebucht", COMPLAINT),
    ("@acme könntet ihr bitte helfen, der Router geht nicht mehr", COMPLAINT),
    ("@acme danke, dass ihr meinen Koffer verschlampt habt", COMPLAINT),
    ("@acme bin mit der Beratung gar nicht zufrieden", COMPLAINT),
    ("@acme wieso faellt der Kurs schon wieder aus??", COMPLAINT),
    ("@acme was kostet der Versand nach Tirol?", QUESTION),
    ("@acme hab meinen Schirm im Bus liegen lassen, an wen wende ich mich?", QUESTION),
    ("@acme wüsste gerne, ob ihr am Montag offen habt", QUESTION),
    ("@acme vielen Dank, läuft alles wieder", PRAISE),
    ("@acme noch nie enttäuscht worden, klare Empfehlung", PRAISE),
    ("@acme erledigt, Daten sind per PN raus", OTHER),
    ("Gewinnspiel: folgt @acme und gewinnt ein Rad https://example.org/a", OTHER),
]


@pytest.mark.parametrize(("text", "kind"), SPANISH)
def test_spanish(text: str, kind: Kind) -> None:
    """Of Spain and of the Americas, with accents and without."""
    assert default_tagger().judge(text, "es").kind is kind


@pytest.mark.parametrize(("text", "kind"), FRENCH)
def test_french(text: str, kind: Kind) -> None:
    """As it is written, and as it is typed."""
    assert default_tagger().judge(text, "fr").kind is kind


@pytest.mark.parametrize(("text", "kind"), GERMAN)
def test_german(text: str, kind: Kind) -> None:
    """With umlauts and without."""
    assert default_tagger().judge(text, "de").kind is kind


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("es-MX", "@acme la app no jala desde ayer"),
        ("ES", "@acme la app no jala desde ayer"),
        ("fr_CA", "@acme le réseau marche pas"),
        ("de_AT", "@acme das WLAN geht ned"),
        ("de-CH", "@acme Paket immer noch nicht da"),
    ],
)
def test_a_region_makes_no_difference(tag: str, text: str) -> None:
    """A tag with a region, in either spelling, chooses the rules of its language."""
    verdict = default_tagger().judge(text, tag)
    assert verdict.kind is COMPLAINT
    assert verdict == default_tagger().judge(text, tag[:2].lower())


@pytest.mark.parametrize(
    "text",
    [
        "@acme mi pedido nunca llegó y nadie me responde",
        "@acme toujours pas reçu mon colis, personne ne répond",
        "@acme Paket nie angekommen und niemand meldet sich",
    ],
)
def test_a_clear_complaint_needs_no_language(text: str) -> None:
    """Where the channel names none, as in an archive, the words still speak."""
    verdict = default_tagger().judge(text)
    assert verdict.kind is COMPLAINT
    assert not verdict.is_unsure


@pytest.mark.parametrize(
    ("lang", "text", "kind"),
    [
        ("nl", "@acme merci, weer geen internet 😡", COMPLAINT),
        ("nl", "@acme zijn jullie zondag open?", QUESTION),
        ("ja", "@acme 荷物がまだ届きません 😡", COMPLAINT),
        ("ja", "@acme ありがとうございます 🥰", PRAISE),
        ("tl", "@acme ang bagal ng internet, not working na naman 😡", COMPLAINT),
    ],
)
def test_an_unknown_language_is_judged_by_its_marks(lang: str, text: str, kind: Kind) -> None:
    """Emoji and marks say what they can; the words of no other language are read into it."""
    verdict = default_tagger().judge(text, lang)
    assert verdict.kind is kind
    assert {default_tagger().rules[reason.rule].lang for reason in verdict.because} == {None}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("nl", "@acme de stroom is hier al sinds gisteren uitgevallen"),
        ("ja", "@acme 荷物がまだ届きません"),
        ("tl", "@acme ang bagal naman ng internet ninyo ngayong gabi"),
    ],
)
def test_words_of_an_unknown_language_are_for_a_person(lang: str, text: str) -> None:
    """Without any mark to go by, a verdict is unsure."""
    assert default_tagger().judge(text, lang).confidence < UNSURE_BELOW


@pytest.mark.parametrize(
    "text",
    [
        "@acme no me neither, no complaints here",
        "@acme sin city was on and your stream did not stop once, gracias",
        "@acme is the toll included in the fare? Die Hard is on, lol",
        "@acme no one was there when the parcel came, no sale no refund",
        "Comment below to enter, on sale now at @acme",
        "@acme ok super, that was a cool match",
        "@acme your brand content is formidable, bravo",
        "@acme was the error fatal or can I keep my save? no backup here",
        "@acme the gift was in the bin, not fast, not kind, plus a fee",
        "@acme mist and rain in Bath, no bus, no plan, no patience",
    ],
)
def test_homographs_do_not_change_english(text: str) -> None:
    """An English post without a language is judged as if the channel had said English."""
    judged = default_tagger()
    assert judged.judge(text).scores == judged.judge(text, "en").scores


@pytest.mark.parametrize(
    ("lang", "text", "theme", "priority"),
    [
        ("es", "@acme me cobraron dos veces la cuota", "billing", None),
        ("es", "@acme no funciona nada y mi abogado ya lo sabe", "outage", "legal-threat"),
        ("es", "@acme el horno se incendió, un peligro, y no funciona", "outage", "safety"),
        ("fr", "@acme livreur odieux", "staff", None),
        ("fr", "@acme colis jamais arrivé, je saisis la DGCCRF", "delivery", "legal-threat"),
        ("fr", "@acme le four a pris feu et ne marche plus", "outage", "safety"),
        ("de", "@acme viel zu teuer geworden, reine Abzocke", "price", None),
        (
            "de",
            "@acme nie angekommen, ich gehe zur Verbraucherzentrale",
            "delivery",
            "legal-threat",
        ),
        ("de", "@acme Herd hat Feuer gefangen, jetzt ist er kaputt", "outage", "safety"),
        ("de", "@acme kein Strom und meine Oma braucht Sauerstoff", "outage", "vulnerable-person"),
    ],
)
def test_theme_and_priority(lang: str, text: str, theme: str, priority: str | None) -> None:
    """What it is about and why it cannot wait are told as in English."""
    verdict = default_tagger().judge(text, lang)
    assert (verdict.kind, verdict.theme, verdict.priority) == (COMPLAINT, theme, priority)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rules_are_named_by_their_language(lang: str) -> None:
    """A rule for a language bears its subtag, and no other rule does."""
    named = {rule.id for rule in load_default_rules() if rule.id.startswith(f"{lang}-")}
    assert named == {rule.id for rule in load_default_rules() if rule.lang == lang}
    assert len(named) > len(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_languages_speak_of_the_same_things(lang: str) -> None:
    """Each has every theme and every priority of the English rules."""
    rules = load_default_rules()
    english = [rule for rule in rules if rule.lang == "en"]
    others = [rule for rule in rules if rule.lang == lang]
    assert {rule.theme for rule in others} >= {rule.theme for rule in english}
    assert {rule.priority for rule in others} >= {rule.priority for rule in english}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phrase_speaks_for_one_kind(lang: str) -> None:
    """No phrase stands in two rules of a language that weigh, and none twice in a rule."""
    weighing = [rule for rule in load_default_rules() if rule.lang == lang and rule.weights]
    phrases = list(chain.from_iterable(rule.phrases for rule in weighing))
    assert sorted(phrases) == sorted(set(phrases))


@pytest.mark.parametrize(("lang", "name"), LANGUAGES.items())
def test_made_up_examples_are_told(lang: str, name: str) -> None:
    """Nine of ten examples get their kind, and nearly no complaint of the first 150 is missed."""
    lines = (EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    judged = make_tagger(tuple(rule for rule in load_default_rules() if rule.lang in (None, lang)))
    told = [judged.judge(row["text"], row["lang"]).kind == row["kind"] for row in rows]
    assert sum(told) / len(told) >= 0.9
    missed = [
        row["text"]
        for row, hit in zip(rows[:150], told[:150], strict=True)
        if row["kind"] == "complaint" and not hit
    ]
    assert len(missed) <= 3
