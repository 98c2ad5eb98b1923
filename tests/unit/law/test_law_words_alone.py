"""Words of living goods as people write them, each alone: no word beside it helps."""

import pytest
from law_builders import LEXICON, case, papers
from test_law_words import find

from edge.law.exemptions import decide
from edge.law.lexicon import Language, Need, Strength
from edge.law.manifest import GoodsLine
from edge.law.rules import Rule, VerdictKind

RU = """животные живые| живой скот| КРС| МРС| нетели| телята| лошади| овцы| козы| верблюды| свиньи|
поросята| кролики| собаки| кошки| птица живая| цыплята| суточный молодняк| утята| гусята|
индюшата| голуби| страусы| рептилии| пчелы| пчелопакеты| пчеломатки| шмели| энтомофаги|
цирк| зверинец| зоопарк передвижной| дрессированные животные| дельфинарий| рыба живая|
живая рыба| мальки| малек| молодь рыб| сеголетки| годовики| аквариумная рыба|
декоративная рыба| личинки рыб| яйцо инкубационное| яйца инкубационные| яйца для инкубации|
оплодотворенные яйца"""
KK = """тірі жануар| тірі мал| ірі қара| жылқы| қой| ешкі| түйе| шошқа| үй қояны| ит| мысық|
тірі құс| балапан| тәуліктік балапан| көгершін| ара| ара ұясы| хайуанаттар|
жылжымалы хайуанаттар паркі| тірі балық| шабақ| аквариум балығы| инкубациялық жұмыртқа|
инкубацияға арналған жұмыртқа| ұрықтандырылған жұмыртқа"""
EN = """live animal| live animals| livestock| cattle| heifer| horse| sheep| goat| camel| swine|
piglet| rabbit| day-old chick| poult| live poultry| bees| bumblebees| reptiles| circus|
menagerie| travelling zoo| performing animals| live fish| fry| fingerlings| ornamental fish|
aquarium fish| larvae| hatching eggs| eggs for incubation| fertilised eggs| fertile eggs"""
EXPLAINED = {
    "ит": "ИТ is information technology in Russian and Kazakh; heard beside any other Kazakh word",
    "ара": "short for words in Russian, and Kazakh for saw and between; heard beside Kazakh words",
}
"""Words of the reference that are not heard alone, and why; their plurals are."""

NAMED = [
    "хорёк домашний",
    "шиншилла декоративная",
    "ёж карликовый",
    "сокол сапсан",
    "соколы",
    "ловчий сокол",
    "доберман",
    "чихуахуа",
    "бульдоги",
    "ротвейлер",
    "goldfish 100 pcs",
    "guppy",
    "pythons",
    "peregrine",
    "gyrfalcons",
    "bulldog",
    "weaners",
    "toy terrier, 3 months old",
    "toy poodle",
    "toy spaniels",
    "golden retrievers",
    "иттер",
    "аралар",
    "малдар",
    "боталар",
    "аюлар",
    "куркетауык",
    "уй тауык",
    "животн.",
    "цыпл.",
    "пчелиные ульи",
    "омарта",
    "үй құсы",
    "жылқысы",
    "қойы",
    "аңшының иті",
    "hunting falcon",
    "discus fish",
    "бал арасының ұясы",
    "үй тауығы",
    "үй үйрегі",
    "үй мысығы",
    "егеуқұйрығы",
]
SAID_ALIVE = [
    "яйцо инкубац.",
    "яйцо инкубац. кур",
    "Яйцо инкубацион. бройлер",
    "яйцо инк.",
    "инкуб. яйца",
    "hatch. eggs",
    "инкубацнонное яйцо",
    "лотки для инкубационных яиц с яйцами",
    "инкубатор с яйцами",
    "инкубацияланатын жұмыртқа",
    "аквариум балығы",
    "балық шабағы",
    "тұқы шабағы",
    "бекіре шабағы, 5000 дана",
    "пчелиные ульи заселенные",
    "ульи, заселённые",
    "контактный зоопарк",
]
SCANNED = [
    "ж1вая",
    "жи8ая",
    "жи8aя",
    "ба1апан",
    "цып1ята",
    "1ошади",
    "коро8а",
    "KOPO8A",
    "инкубацнонное",
]
QUIET = [
    ("8414 59 200 0", "вентилятор-улитка"),
    ("3002 42 000 0", "вакцина живая для птиц"),
    ("3002 42 000 0", "live vaccine for poultry"),
    ("2309 90 100 0", "корм для аквариумных рыб"),
    ("2309 90 100 0", "food for aquarium fish"),
    ("8471 30 000 0", "ИТ құрылғылары"),
    ("9404 90 100 0", "құс жастық"),
    ("8436 21 000 0", "инкубатор бытовой на 60 яиц"),
    ("8436 29 000 0", "лотки для инкубационных яиц"),
    ("6203 31 000 0", "jacket, camel colour"),
    ("2004 90 980 0", "stir fry vegetables"),
    ("1905 31 190 0", "goldfish crackers"),
    ("9503 00 490 0", "toy horses"),
    ("8305 90 000 0", "bulldog clips"),
    ("8701 94 900 0", "tractor, 150 horse power"),
]
ARTICLES = ["муфта МУ1", "муфта МУ1-20", "тип ПОН1", "С8А", "партия 81-18", "1-8-11", "кабель 8В1"]


def words(listed):
    return [one.strip() for one in listed.replace("\n", "").split("|")]


@pytest.mark.parametrize("word", words(RU) + words(KK) + words(EN))
def test_every_word_of_the_reference_is_heard_alone_or_the_exception_is_explained(word):
    hits = [hit for hit in find(word).hits if hit.word_class.living]
    assert bool(hits) != (word in EXPLAINED)
    if word in EXPLAINED:
        assert find(f"{word}, үй жануары").hits[0].words == word
        assert find(f"{word}{'тер' if word == 'ит' else 'лар'}").hits


@pytest.mark.parametrize("description", [*NAMED, *SAID_ALIVE, *SCANNED])
def test_living_goods_under_names_people_write_are_held_whatever_the_code(description):
    for code in ("8471 30 000 0", "9401 61 000 0"):
        verdict = decide(case(papers(goods=(GoodsLine(code, description),))))
        assert verdict.kind is VerdictKind.HOLD
        assert verdict.rule_ids == (Rule.LIVING_WORD.value,)


@pytest.mark.parametrize("description", SAID_ALIVE)
def test_what_is_alive_by_its_own_name_holds_even_where_names_are_expected(description):
    assert find(description).strong
    verdict = decide(case(papers(goods=(GoodsLine("0407 21 000 0", description),))))
    assert verdict.kind is VerdictKind.HOLD


@pytest.mark.parametrize("word", ["ж1вая", "жи8ая", "1ошадь", "коро8а"])
def test_a_digit_read_for_a_letter_changes_nothing_of_what_is_heard(word):
    plain = {"ж1вая": "живая", "жи8ая": "живая", "1ошадь": "лошадь", "коро8а": "корова"}[word]
    assert [hit.entry_id for hit in find(word).hits] == [hit.entry_id for hit in find(plain).hits]


@pytest.mark.parametrize("article", ARTICLES)
def test_an_article_number_is_no_animal(article):
    assert find(article).hits == ()


@pytest.mark.parametrize(("code", "description"), QUIET)
def test_ordinary_goods_of_every_day_are_not_held(code, description):
    verdict = decide(case(papers(goods=(GoodsLine(code, description),))))
    assert verdict.kind is VerdictKind.SCAN, verdict.rule_ids


POSSESSED = {"қ": "ғы", "к": "гі"}
ADJECTIVES = {"инкубациялық", "цирктік"}
"""They end as nouns do, and nobody owns them."""


def stems_of_kazakh_nouns():
    for entry in LEXICON.entries.values():
        if entry.language is Language.KK and entry.word_class.living:
            for stem in entry.stems:
                ways = LEXICON.words[stem.words[0]] if len(stem.words) == 1 else ()
                for way in ways:
                    kazakh = set(way.text) & set("әғқңөұүһі")
                    if way.text[-1] in POSSESSED and kazakh and way.text not in ADJECTIVES:
                        yield entry, way.text


@pytest.mark.parametrize(
    ("entry", "noun"), [*stems_of_kazakh_nouns()], ids=lambda one: getattr(one, "entry_id", one)
)
def test_a_kazakh_noun_is_heard_in_the_possessive_too(entry, noun):
    owned = noun[:-1] + POSSESSED[noun[-1]]
    beside = "тірі, " if entry.needs is Need.LIVE_WORD else ""
    assert entry.entry_id in {hit.entry_id for hit in find(beside + owned).hits}


@pytest.mark.parametrize(
    ("description", "heard"),
    [
        ("toy horses and toy terriers", ["terriers"]),
        ("cigarettes Camel, camel", ["camel"]),
        ("stir fry, fry", ["fry"]),
        ("корм для аквариумных рыб и аквариумные рыбки", ["рыб и аквариумные"]),
        ("food for aquarium fish, aquarium fish", ["fish, aquarium"]),
        ("вентилятор-улитка, улитка", ["улитка"]),
        ("ИТ құрылғылары және ит", ["ит"]),
        ("құс жастық, құс", ["құс"]),
    ],
)
def test_the_second_word_beside_one_that_is_silenced_is_heard(description, heard):
    assert [hit.words for hit in find(description).hits] == heard


def test_a_live_word_makes_a_breed_strong():
    assert {hit.strength for hit in find("live toy poodle").hits} == {Strength.STRONG}
