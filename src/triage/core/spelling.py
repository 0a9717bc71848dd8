"""The spellings in which people write the words of a phrase.

A rule's author writes plain English ("can't log in, please help"). What people type instead
("cannot log in pls help") is found as well, so that no rule has to list it: contractions with and
without their apostrophe or written out, the short forms of chat, American and British endings,
and the misspellings that are common in posts to brands.

Two ways lead there. Words that stand for one another are one word to the matcher: `canonical`
names it. What takes two words instead of one ("i am", "por favor") becomes another spelling of
the phrase: `spellings_of` lists them. Expressions are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from triage.core.folding import fold_phrase

MOST = 24
"""So many spellings of one phrase are looked for at most."""

_SAME = """
aren't arent
can't cant cannot cnt
couldn't couldnt
didn't didnt didn didnt'
doesn't doesnt dosen't dosent
don't dont
hadn't hadnt
hasn't hasnt
haven't havent
isn't isnt
shouldn't shouldnt
wasn't wasnt
weren't werent
won't wont
wouldn't wouldnt
ain't aint
i'm im
i've ive
it's its
that's thats
there's theres
they're theyre
we've weve
what's whats
where's wheres
who's whos
how's hows
here's heres
let's lets
you've youve
i'd
i'll
we're
we'll
we'd
you'll
you'd
he's hes
she's shes
they've theyve
they'll theyll
y'all yall
c'mon cmon
g'day gday
your you're youre ur
you u
are r
please pls plz plse pleas
thanks thx tnx thnx thanx thks
thankyou thanku thankyu
because bc cuz coz becuz
before b4
great gr8
people ppl
tomorrow tmrw tmr tomorow
really rly realy
hours hrs
hour hr
minutes mins
message msg
messages msgs
account acct accnt acount
password pw pasword passwd
someone some1 sum1
anyone any1
tonight tonite 2nite
about abt
customer costumer
cancelled canceled
cancelling canceling
favourite favorite fav
apologise apologize
realise realize
received recieved receved
receive recieve
disappointed dissapointed disapointed dissappointed disappinted
disappointing dissapointing disapointing dissappointing
disappointment dissapointment disapointment
definitely definately definitly
ridiculous rediculous ridiculus
terrible terible
horrible horible
frustrating fustrating frusterating
frustrated fustrated
waiting wating waitin
luggage lugage luggages
baggage bagage
unacceptable unaceptable unacceptible
embarrassing embarassing
excellent excelent excellant
amazing amazin amazeballs
beautiful beautifull
awesome awsome awesum
appreciate appriciate apreciate
appreciated appriciated
problem probelm porblem
problems probelms
until untill til
refund refound
helpful helpfull
experience experiance
responding respondin
response responce
working workin wrking
work wrk
trying tryin
nothing nothin
getting gettin
going goin
available avaliable availible
information info
unfortunately unfortunatly
immediately immediatly
accidentally accidently
honoring honouring
colour color
"""
"""A line holds words that stand for one another; the first names them all."""
_CANON = {word: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split()}

_ENGLISH = {
    "aren't": ("are not",),
    "can't": ("can not",),
    "couldn't": ("could not",),
    "didn't": ("did not",),
    "doesn't": ("does not",),
    "don't": ("do not",),
    "hadn't": ("had not",),
    "hasn't": ("has not",),
    "haven't": ("have not",),
    "isn't": ("is not",),
    "shouldn't": ("should not",),
    "wasn't": ("was not",),
    "weren't": ("were not",),
    "won't": ("will not",),
    "wouldn't": ("would not",),
    "i'm": ("i am",),
    "i've": ("i have",),
    "i'd": ("i would", "id"),
    "i'll": ("i will", "ill"),
    "it's": ("it is",),
    "that's": ("that is",),
    "they're": ("they are",),
    "we're": ("we are", "were"),
    "we've": ("we have",),
    "what's": ("what is",),
    "where's": ("where is",),
    "who's": ("who is",),
    "how's": ("how is",),
    "you're": ("you are",),
    "you've": ("you have",),
    "going to": ("gonna",),
    "want to": ("wanna",),
    "trying to": ("tryna",),
    "and": ("n",),
    "website": ("web site",),
    "customer service": ("customer services", "cust service"),
}
_SPANISH = {
    "que": ("q",),
    "por favor": ("porfa", "porfavor", "xfa", "x favor"),
    "porque": ("xq", "pq", "xk", "porq"),
    "por qué": ("por que", "xq", "pq"),
    "también": ("tb", "tmb"),
    "mañana": ("mñn",),
    "mensaje": ("msj",),
    "estoy": ("toy",),
}
_FRENCH = {
    "s'il vous plaît": ("svp", "s'il vous plait", "stp"),
    "pourquoi": ("pk", "pq", "pkoi"),
    "quelqu'un": ("qqn", "qq1"),
    "quelque chose": ("qqch",),
    "toujours": ("tjrs", "tjs"),
    "c'est": ("c est", "cest"),
    "j'ai": ("g", "jai"),
    "je suis": ("jsuis", "chuis"),
    "beaucoup": ("bcp",),
    "problème": ("pb", "pbm"),
}
_GERMAN = {
    "nicht": ("net", "nich", "ned"),
    "irgendwie": ("iwie",),
    "vielleicht": ("vllt",),
    "bitte": ("bidde",),
    "ist": ("is",),
    "eine": ("ne",),
    "straße": ("strasse",),
}
_RUN_SIZES = (3, 2)
"""So many words stand together in the tables."""
_BY_LANGUAGE = {"en": _ENGLISH, "es": _SPANISH, "fr": _FRENCH, "de": _GERMAN}


def spellings_of(phrase: str, lang: str | None = None) -> tuple[str, ...]:
    """A phrase, folded, and the ways to write it with more or fewer words.

    Args:
        phrase: As the rule's author wrote it.
        lang: Primary language subtag; phrases for any language are taken for English.

    Returns:
        The phrase itself first; `MOST` at most.
    """
    plain = fold_phrase(phrase)
    table = _BY_LANGUAGE.get(lang or "en", {})
    words = plain.split(" ")
    if table.keys().isdisjoint(map(canonical, words)) and table.keys().isdisjoint(_runs(words)):
        return (plain,)
    ways = [_ways(part, table, alone=part == plain) for part in _parts(plain, table)]
    found = dict.fromkeys(" ".join(chosen) for chosen in islice(product(*ways), MOST))
    return tuple(found)


def _runs(words: list[str]) -> Iterator[str]:
    """Every two and every three words in a row."""
    for size in _RUN_SIZES:
        yield from (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))


def _parts(plain: str, table: dict[str, tuple[str, ...]]) -> list[str]:
    """The words of a phrase, of which those that the table knows together stay together."""
    words = plain.split(" ")
    parts: list[str] = []
    while words:
        size = next((size for size in _RUN_SIZES if " ".join(words[:size]) in table), 1)
        parts.append(" ".join(words[:size]))
        words = words[size:]
    return parts


def _ways(part: str, table: dict[str, tuple[str, ...]], *, alone: bool) -> list[str]:
    ways = [part]
    word = canonical(part)
    # Alone, "i'll" and the like say nothing, and "ill" something else.
    if not alone or "'" not in word or " " in word or word.endswith("n't"):
        ways += table.get(word, ())
    return ways


def canonical(word: str) -> str:
    """The word that stands for all spellings of a folded word, such as `please` for `pls`."""
    return _CANON.get(word, word)


CANONICAL = _CANON
"""`canonical` as a table, for who has very many words to look up."""
