"""The words around what the law says when it is printed for people, in three languages.

See `edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

import json
from types import MappingProxyType
from typing import Literal

from edge.law.rules import VerdictKind
from edge.law.tables import Action
from edge.law.words import Json, Text

Language = Literal["en", "ru", "kk"]

KINDS = MappingProxyType(
    {
        VerdictKind.SCAN: Text("may be scanned", "можно сканировать", "сканерлеуге болады"),
        VerdictKind.EXEMPT: Text(
            "exempt, not scanned", "исключён, не сканируется", "ерекше жағдай, сканерленбейді"
        ),
        VerdictKind.NO_BASIS: Text(
            "no basis, not scanned", "нет основания, не сканируется", "негіз жоқ, сканерленбейді"
        ),
        VerdictKind.HOLD: Text(
            "held; a named officer judges, and may answer scan",
            "задержан; решает названное должностное лицо и может ответить «сканировать»",
            "тоқтатылды; аты аталған лауазымды адам шешеді және «сканерлеу» деп жауап бере алады",
        ),
    }
)
"""The four verdicts; a hold as of the second sort, see ``HOLD_FOR_A_FACT``."""

HOLD_FOR_A_FACT = Text(
    "held until a missing fact is known; no officer's answer makes a scan of it",
    "задержан до выяснения недостающего факта; ответ должностного лица не ведёт к сканированию",
    "жетіспейтін дерек анықталғанша тоқтатылды; лауазымды адамның жауабы сканерлеуге апармайды",
)
"""A hold about a fact that nobody knows: only that fact ends it."""

ACTIONS = MappingProxyType(
    {
        Action.HOLD: Text("held", "задерживается", "тоқтатылады"),
        Action.HOLD_IF_LIVING: Text(
            "held when the description says that something is alive",
            "задерживается, если в описании сказано о живом",
            "сипаттамада тірі нәрсе айтылса, тоқтатылады",
        ),
        Action.NOTICE: Text(
            "noted, decides nothing", "замечание, ничего не решает", "ескерту ғана"
        ),
        Action.ALLOW: Text("nothing to be said", "без замечаний", "ескертусіз"),
    }
)
"""What a row of advice leads to."""

LABELS = MappingProxyType(
    {
        "manifest": Text("manifest", "манифест", "манифест"),
        "verdict": Text("verdict", "решение", "шешім"),
        "size": Text("size", "габариты", "габариттер"),
        "officer": Text(
            "an officer's answer may lead to a scan",
            "ответ должностного лица может привести к сканированию",
            "лауазымды адамның жауабы сканерлеуге апаруы мүмкін",
        ),
        "yes": Text("yes", "да", "иә"),
        "no": Text("no", "нет", "жоқ"),
        "none": Text("none", "нет", "жоқ"),
        "reasons": Text("reasons", "основания", "себептер"),
        "also": Text("would also speak", "также сработало бы", "бұған қоса қолданылар еді"),
        "notices": Text("notices", "замечания", "ескертулер"),
        "assumed": Text("assumed", "принято без проверки", "тексерусіз қабылданды"),
        "input": Text("input", "данные", "дерек"),
        "more": Text("more inputs", "ещё данных", "тағы дерек"),
        "source": Text("source", "источник", "дереккөз"),
        "change": Text("what would change it", "что это изменит", "мұны не өзгертеді"),
        "table": Text("table of exemptions", "таблица исключений", "ерекше жағдайлар кестесі"),
        "words": Text("lexicon of words", "словарь", "сөздік"),
        "valid": Text("valid", "действует", "қолданыста"),
        "day": Text("day", "день", "күн"),
        "exemptions": Text("exemptions", "исключения", "ерекше жағдайлар"),
        "advice": Text("rows of advice", "строки рекомендаций", "ұсыным жолдары"),
        "goods": Text("goods", "товары", "тауарлар"),
        "documents": Text("documents", "документы", "құжаттар"),
        "vehicles": Text("vehicles", "транспорт", "көлік"),
        "entries": Text("entries", "статьи", "мақалалар"),
        "friends": Text("false friends", "ложные друзья", "жалған достар"),
        "review": Text("review", "проверка", "тексеру"),
        "other": Text("not in force", "не действуют", "күшінде емес"),
        "code": Text("code", "код", "код"),
        "exempt": Text("exempt under", "исключён по", "ерекше жағдай:"),
        "undecided": Text("too short, may be", "слишком короткий, может быть", "тым қысқа, мүмкін"),
        "expects": Text("words expected", "ожидаемые слова", "күтілетін сөздер"),
        "heard": Text("heard", "услышано", "естілді"),
        "silenced": Text("silenced", "заглушено", "өшірілді"),
        "by": Text("by", "из-за", "себебі"),
        "explained": Text("expected with this code", "ожидается с этим кодом", "кодпен күтіледі"),
        "unspoken": Text(
            "no row speaks of this code",
            "ни одна строка не говорит об этом коде",
            "бұл код туралы бірде-бір жол жоқ",
        ),
        "lost_zero": Text(
            "perhaps its leading zero was lost; nobody guesses it, but the code would be",
            "возможно, потерян начальный ноль; его никто не угадывает, но код был бы",
            "бастапқы нөл жоғалған болуы мүмкін; оны ешкім болжамайды, бірақ код мынадай болар еді",
        ),
        "clear": Text(
            "nothing in it stands against a scan",
            "в ней ничто не препятствует сканированию",
            "онда сканерлеуге кедергі ештеңе жоқ",
        ),
        "alone": Text(
            "this line alone, in a signed manifest of the unit",
            "одна эта строка в подписанном манифесте объекта",
            "нысанның қол қойылған манифесіндегі осы бір жол",
        ),
    }
)
"""Headings and small words."""

ASSUMED = MappingProxyType(
    {
        "signed": Text(
            "the manifest is taken as signed by headquarters and of this unit",
            "манифест считается подписанным центром и относящимся к этому объекту",
            "манифестке орталық қол қойған және ол осы нысандікі деп есептеледі",
        ),
        "law": Text(
            "tables and lexica are taken as signed by headquarters",
            "таблицы и словари считаются подписанными центром",
            "кестелер мен сөздіктерге орталық қол қойған деп есептеледі",
        ),
        "moment": Text(
            "judged at {time} on {day} at the lane ({zone})",
            "оценено в {time} {day} на полосе ({zone})",
            "жолақтағы {day} күні сағат {time} бойынша бағаланды ({zone})",
        ),
        "declared": Text(
            "{axis} {value}: declared, taken as if measured exactly",
            "{axis} {value}: заявлено, принято как точно измеренное",
            "{axis} {value}: мәлімделген, дәл өлшенген деп алынды",
        ),
        "given": Text(
            "{axis} {value} ±{uncertainty}: given as measured",
            "{axis} {value} ±{uncertainty}: задано как измеренное",
            "{axis} {value} ±{uncertainty}: өлшенген деп берілді",
        ),
        "unlimited": Text(
            "{axis} {value} ±{uncertainty}: given as measured and not looked at, since the lane "
            "has no limits of it",
            "{axis} {value} ±{uncertainty}: задано как измеренное и не учтено: у полосы нет таких "
            "пределов",
            "{axis} {value} ±{uncertainty}: өлшенген деп берілді, бірақ ескерілмеді: жолақта "
            "мұндай шек жоқ",
        ),
        "lane": Text(
            "the manifest names lane {named}; it is judged for lane {lane}",
            "в манифесте указана полоса {named}; оценено для полосы {lane}",
            "манифесте {named} жолағы көрсетілген; {lane} жолағы үшін бағаланды",
        ),
        "documents": Text(
            "the documents the manifest names are not looked at",
            "документы, указанные в манифесте, не рассматриваются",
            "манифесте көрсетілген құжаттар қаралмайды",
        ),
        "driver": Text(
            "the driver has said nothing, and no officer has stated anything",
            "водитель ничего не сообщил, должностное лицо ничего не заявило",
            "жүргізуші ештеңе айтқан жоқ, лауазымды адам ештеңе мәлімдеген жоқ",
        ),
    }
)
"""What is taken for granted here and is proven at a lane; filled in with the facts."""


def label(name: str, language: Language) -> str:
    """One heading or small word."""
    return said(LABELS[name], language)


def headline(kind: VerdictKind, language: Language, *, officer_may_scan: bool) -> str:
    """A verdict in a few words that agree with what an officer's answer may lead to."""
    for_a_fact = kind is VerdictKind.HOLD and not officer_may_scan
    return f"{kind.name} - {said(HOLD_FOR_A_FACT if for_a_fact else KINDS[kind], language)}"


def said(text: Text, language: Language) -> str:
    """A text in one language."""
    chosen: str = getattr(text, language)
    return chosen


def assume(name: str, **facts: object) -> Text:
    """What is taken for granted, with its facts filled in, in every language."""
    text = ASSUMED[name]
    return Text(*(one.format(**facts) for one in (text.en, text.ru, text.kk)))


def json_text(record: dict[str, Json], indent: int | None = None) -> str:
    """A record as JSON with sorted keys; what would act on a terminal is escaped."""
    text = json.dumps(record, indent=indent, ensure_ascii=False, sort_keys=True)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def plain(text: str) -> str:
    """Text that somebody sent, without anything that would act on a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
