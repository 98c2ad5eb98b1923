"""What the rows of the shipped tables speak of, and what is wrong with a code, in three languages.

A table says it in English, as every record does; here are the other languages of an answer for
people. A row of a site's own that is not here stays as its table says it. See
`edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

from collections.abc import Mapping
from types import MappingProxyType

from edge.law.rules import Rule
from edge.law.tariff import CodeProblem
from edge.law.verdicts import SizeFit
from edge.law.words import Text
from edge.law_desk.labels import Language, said

SIZES = MappingProxyType(
    {
        SizeFit.FITS: Text("fits", "помещается", "сыяды"),
        SizeFit.BEYOND: Text("beyond the limits", "вне пределов", "шектен тыс"),
        SizeFit.DOUBTFUL: Text("doubtful", "неясно", "белгісіз"),
    }
)
"""Whether the unit can be taken in."""

CODE_PROBLEMS = MappingProxyType(
    {
        CodeProblem.EMPTY: Text(CodeProblem.EMPTY.value, "код не указан", "код көрсетілмеген"),
        CodeProblem.NOT_DIGITS: Text(
            CodeProblem.NOT_DIGITS.value,
            "содержит не только цифры, пробелы и точки",
            "цифрдан, бос орыннан және нүктеден басқа таңба бар",
        ),
        CodeProblem.LENGTH: Text(
            CodeProblem.LENGTH.value,
            "содержит не 2, 4, 6, 8 или 10 цифр",
            "цифр саны 2, 4, 6, 8 немесе 10 емес",
        ),
        CodeProblem.CHAPTER: Text(
            CodeProblem.CHAPTER.value, "такой группы в ТН ВЭД нет", "СЭҚ ТН-де мұндай топ жоқ"
        ),
    }
)
"""Why a text is no commodity code."""

_FRESH = "живые, свежие или охлаждённые", "тірі, жаңа немесе салқындатылған"


def _fresh(en: str, ru: str, kk: str) -> Text:
    return Text(f"{en}, live, fresh or chilled", f"{ru}, {_FRESH[0]}", f"{kk}, {_FRESH[1]}")


_ROWS = (
    Text(
        "vaccines for human medicine",
        "вакцины для людей",
        "адамдарға арналған вакциналар",
    ),
    Text(
        "vaccines for veterinary medicine",
        "вакцины ветеринарные",
        "ветеринариялық вакциналар",
    ),
    Text(
        "livestock carrier, digit code of the bodywork",
        "скотовоз, цифровой код кузова",
        "мал таситын көлік, шанақтың сандық коды",
    ),
    Text(
        "live animals, young ones and bees included",
        "живые животные, включая молодняк и пчёл",
        "тірі жануарлар, төл мен араларды қоса",
    ),
    Text(
        "travelling circuses and travelling menageries",
        "передвижные цирки и зверинцы",
        "жылжымалы цирктер мен хайуанаттар парктері",
    ),
    Text("live fish", "живая рыба", "тірі балық"),
    Text(
        "fertilised eggs for incubation, of fowls of the species Gallus domesticus",
        "оплодотворённые яйца для инкубации, домашних кур",
        "инкубацияға арналған ұрықтанған жұмыртқа, үй тауықтарының",
    ),
    Text(
        "fertilised eggs for incubation, of other birds",
        "оплодотворённые яйца для инкубации, прочих птиц",
        "инкубацияға арналған ұрықтанған жұмыртқа, басқа құстардың",
    ),
    Text("veterinary certificate", "ветеринарный сертификат", "ветеринариялық сертификат"),
    *(
        Text(
            f"permit for the {en} of goods under veterinary control",
            f"разрешение на {ru} подконтрольных ветеринарному надзору товаров",
            f"ветеринариялық бақылаудағы тауарларды {kk} рұқсаты",
        )
        for en, ru, kk in (
            ("import", "ввоз", "әкелу"),
            ("export", "вывоз", "әкету"),
            ("transit", "транзит", "транзиттеу"),
        )
    ),
    Text("CITES permit", "разрешение СИТЕС", "СИТЕС рұқсаты"),
    Text(
        "permit for industrial explosives or sources of ionising radiation",
        "разрешение на промышленные взрывчатые вещества или источники ионизирующего излучения",
        "өнеркәсіптік жарылғыш заттарға немесе иондаушы сәуле көздеріне рұқсат",
    ),
    Text("ATA carnet", "карнет АТА", "АТА карнеті"),
    Text("phytosanitary certificate", "фитосанитарный сертификат", "фитосанитариялық сертификат"),
    Text(
        "certificate of state registration",
        "свидетельство о государственной регистрации",
        "мемлекеттік тіркеу туралы куәлік",
    ),
    Text("livestock carrier", "скотовоз", "мал таситын көлік"),
    Text("horse box", "коневоз", "жылқы таситын көлік"),
    Text(
        "caravan of a circus or menagerie",
        "фургон цирка или зверинца",
        "цирктің немесе хайуанаттар паркінің фургоны",
    ),
    Text("live-fish tanker", "цистерна для живой рыбы", "тірі балық цистернасы"),
    Text("van of a hatchery", "фургон инкубатория", "инкубаторий фургоны"),
    Text("bee truck", "автомобиль для перевозки пчёл", "ара таситын көлік"),
    Text("lobsters, live", "омары, живые", "омарлар, тірі"),
    _fresh("rock lobster", "лангусты", "лангустар"),
    _fresh("crabs", "крабы", "крабтар"),
    _fresh("Norway lobsters", "норвежские омары", "норвег омарлары"),
    _fresh("cold-water shrimps and prawns", "холодноводные креветки", "суық су асшаяндары"),
    _fresh("other shrimps and prawns", "прочие креветки", "басқа асшаяндар"),
    _fresh(
        "other crustaceans, crayfish among them",
        "прочие ракообразные, в том числе раки",
        "басқа шаянтәрізділер, өзен шаянын қоса",
    ),
    Text(
        "flat oysters, live, of 40 g or less",
        "плоские устрицы, живые, не более 40 г",
        "жалпақ устрицалар, тірі, 40 г-нан аспайтын",
    ),
    _fresh("other oysters", "прочие устрицы", "басқа устрицалар"),
    _fresh("scallops", "гребешки", "айдаршалар"),
    _fresh("mussels", "мидии", "мидиялар"),
    _fresh("cuttle fish and squid", "каракатицы и кальмары", "каракатицалар мен кальмарлар"),
    _fresh("octopus", "осьминоги", "сегізаяқтар"),
    _fresh("snails", "улитки", "ұлулар"),
    _fresh(
        "clams, cockles and ark shells",
        "клемы, сердцевидки и арки",
        "клемдер, жүрекшелер мен аркалар",
    ),
    _fresh("abalone", "морские ушки", "теңіз құлақшалары"),
    _fresh("stromboid conchs", "стромбиды", "стромбидтер"),
    _fresh("other molluscs", "прочие моллюски", "басқа моллюскілер"),
    _fresh("sea cucumbers", "голотурии", "голотуриялар"),
    _fresh("sea urchins", "морские ежи", "теңіз кірпілері"),
    _fresh("jellyfish", "медузы", "медузалар"),
    _fresh(
        "other aquatic invertebrates",
        "прочие водные беспозвоночные",
        "басқа су омыртқасыздары",
    ),
    Text(
        "fertilised fish roe, of sturgeons",
        "оплодотворённая икра осетровых",
        "бекіре тұқымдас балықтардың ұрықтанған уылдырығы",
    ),
    Text(
        "fertilised fish roe, other",
        "оплодотворённая икра рыб, прочая",
        "балықтың ұрықтанған уылдырығы, басқа",
    ),
    Text("sturgeon larvae", "личинки осетровых", "бекіре дернәсілдері"),
    Text("silkworm eggs", "грена шелкопряда", "жібек құртының жұмыртқасы"),
    Text("bovine semen", "сперма бычья", "бұқа ұрығы"),
    Text("fish milt", "молоки рыб", "балық шәуеті"),
    Text(
        "embryos, semen and other products of animals",
        "эмбрионы, сперма и прочие продукты животного происхождения",
        "эмбриондар, ұрық және жануардан алынатын басқа өнімдер",
    ),
    Text(
        "bulbs and other live plants",
        "луковицы и прочие живые растения",
        "пиязшықтар және басқа тірі өсімдіктер",
    ),
    Text(
        "live plants, cuttings, mushroom spawn",
        "живые растения, черенки, мицелий гриба",
        "тірі өсімдіктер, қалемшелер, саңырауқұлақ мицелийі",
    ),
    Text(
        "antisera and blood fractions",
        "иммунные сыворотки и фракции крови",
        "иммундық сарысулар мен қан фракциялары",
    ),
    Text("cultures of micro-organisms", "культуры микроорганизмов", "микроорганизмдер дақылдары"),
    Text("cell therapy products", "препараты клеточной терапии", "жасушалық терапия препараттары"),
    Text("other cell cultures", "прочие культуры клеток", "басқа жасуша дақылдары"),
    Text(
        "blood, toxins and similar products",
        "кровь, токсины и подобные продукты",
        "қан, токсиндер және ұқсас өнімдер",
    ),
    Text(
        "instruments that measure ionising radiation, dosimeters among them",
        "приборы для измерения ионизирующего излучения, в том числе дозиметры",
        "иондаушы сәулені өлшейтін аспаптар, дозиметрлерді қоса",
    ),
    Text(
        "photographic plates and film, flat, unexposed",
        "фотопластинки и плоские фотоплёнки, неэкспонированные",
        "экспонирленбеген фотопластинкалар мен жалпақ фотопленкалар",
    ),
    Text(
        "photographic film in rolls, unexposed",
        "фотоплёнка в рулонах, неэкспонированная",
        "экспонирленбеген орама фотопленка",
    ),
    Text(
        "photographic plates and film, exposed and not developed",
        "фотопластинки и фотоплёнка, экспонированные, но не проявленные",
        "экспонирленген, бірақ айқындалмаған фотопластинкалар мен фотопленка",
    ),
    Text("propellent powders", "порох", "оқ-дәрі"),
    Text("prepared explosives", "готовые взрывчатые вещества", "дайын жарылғыш заттар"),
    Text(
        "fuses, caps and detonators",
        "шнуры, капсюли и детонаторы",
        "шнурлар, капсюльдер мен детонаторлар",
    ),
    Text(
        "fireworks, flares and rockets",
        "фейерверки, сигнальные ракеты",
        "отшашулар, сигнал ракеталары",
    ),
    Text(
        "radioactive elements and isotopes",
        "радиоактивные элементы и изотопы",
        "радиоактивті элементтер мен изотоптар",
    ),
)

WHAT = MappingProxyType({text.en: text for text in _ROWS})
"""By what the table says in English: every shipped row that can exempt, hold or give notice."""

_MAY_BE = Text("may be", "может быть", "мүмкін")

_BY_ROWS = frozenset(
    {
        Rule.UNDECIDED_CODE, Rule.LIVING_GOODS, Rule.SITE_POLICY, Rule.GOODS_NOTICE,
        Rule.DOCUMENT, Rule.DOCUMENT_NOTICE, Rule.ANIMAL_VEHICLE,
    }
)  # fmt: skip
"""Rules whose inputs end with what a row says."""


def what(text: str, language: Language) -> str:
    """What a row speaks of, in one language; as its table says it where nobody translated it."""
    return said(WHAT[text], language) if text in WHAT else text


def offending(rule: Rule, text: str, language: Language) -> str:
    """An input as `verdicts.Finding` writes it, with its end in one language.

    What people wrote themselves stays as they wrote it.
    """
    if rule is Rule.MALFORMED_CODE:
        return _ended(text, {one.en: one for one in CODE_PROBLEMS.values()}, language)
    if rule not in _BY_ROWS:
        return text
    ended = _ended(text, WHAT, language)
    if rule is Rule.UNDECIDED_CODE and ended != text:
        head, _, tail = ended.rpartition(f": {_MAY_BE.en} ")
        return f"{head}: {said(_MAY_BE, language)} {tail}"
    return ended


def _ended(text: str, known: Mapping[str, Text], language: Language) -> str:
    for end in sorted(known, key=len, reverse=True):
        if text.endswith((f": {end}", f", {end}")):
            return text.removesuffix(end) + said(known[end], language)
    return text
