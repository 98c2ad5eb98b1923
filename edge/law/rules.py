"""Every rule of the law by its stable id: what it leads to, and what the officer reads.

Ids are written into journals and published; they are never renamed and never used again.
"""

from dataclasses import dataclass
from enum import unique
from types import MappingProxyType

from edge.law.words import Text, Word

NATIVE_REVIEW = "RU and KK texts: needs native review"
"""State of the translations below; shown wherever the tables are printed."""


@unique
class VerdictKind(Word):
    """What the law says about one unit."""

    SCAN = "scan"
    EXEMPT = "exempt"
    NO_BASIS = "no_basis"
    HOLD = "hold"


@unique
class Rule(Word):
    """The rules. The value is the stable id."""

    CLEAR = "SC-CLEAR"
    NO_ANIMALS_STATED = "SC-NO-ANIMALS-STATED"
    LIVE_ANIMALS = "EX-LIVE-ANIMALS"
    CIRCUS = "EX-CIRCUS"
    LIVE_FISH = "EX-LIVE-FISH"
    HATCHING_EGGS = "EX-HATCHING-EGGS"
    DIMENSIONS = "EX-DIMENSIONS"
    DEPARTURE = "NB-DEPARTURE"
    DEPARTURE_REQUEST = "NB-DEPARTURE-REQUEST"
    DIRECTION_UNKNOWN = "HO-DIRECTION-UNKNOWN"
    DIRECTION_CONTRADICTION = "HO-DIRECTION-CONTRADICTION"
    UNDECIDED_CODE = "HO-UNDECIDED-CODE"
    MALFORMED_CODE = "HO-MALFORMED-CODE"
    GOODS_MISSING = "HO-GOODS-MISSING"
    EXEMPT_UNPROVEN = "HO-EXEMPT-UNPROVEN"
    MANIFEST_MISSING = "HO-MANIFEST-MISSING"
    MANIFEST_UNSIGNED = "HO-MANIFEST-UNSIGNED"
    MANIFEST_STALE = "HO-MANIFEST-STALE"
    MANIFEST_CONTRADICTION = "HO-MANIFEST-CONTRADICTION"
    IDENTITY_CONFLICT = "HO-IDENTITY-CONFLICT"
    IDENTITY_MISSING = "HO-IDENTITY-MISSING"
    DIMENSIONS_UNCERTAIN = "HO-DIMENSIONS-UNCERTAIN"
    DIMENSIONS_UNKNOWN = "HO-DIMENSIONS-UNKNOWN"
    DIMENSIONS_UNMEASURED = "HO-DIMENSIONS-UNMEASURED"
    DIMENSIONS_DECLARED = "HO-DIMENSIONS-DECLARED"
    SPEED = "HO-SPEED"
    TABLE_NOT_LOADED = "HO-TABLE-NOT-LOADED"
    TABLE_EXPIRED = "HO-TABLE-EXPIRED"
    TABLE_GAP = "HO-TABLE-GAP"
    TABLE_CONTRADICTION = "HO-TABLE-CONTRADICTION"
    TABLE_UNSIGNED = "HO-TABLE-UNSIGNED"


CODE_RULES = (Rule.LIVE_ANIMALS, Rule.CIRCUS, Rule.LIVE_FISH, Rule.HATCHING_EGGS)
"""The exemptions the order mandates by kind of goods; a table must name codes for each."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What a rule leads to.

    Attributes:
        kind: the verdict it gives.
        officer_may_scan: whether an officer's answer may lead to a scan over it. Only a fact that
            a person can establish is such; a missing rule table or legal basis is not.
        text: what the officer reads.
    """

    kind: VerdictKind
    officer_may_scan: bool
    text: Text


def _row(kind: VerdictKind, en: str, ru: str, kk: str, *, may_scan: bool = False) -> RuleRow:
    return RuleRow(kind, may_scan, Text(en, ru, kk))


def _hold(en: str, ru: str, kk: str, *, may_scan: bool = True) -> RuleRow:
    return _row(VerdictKind.HOLD, en, ru, kk, may_scan=may_scan)


_S, _E, _N = VerdictKind.SCAN, VerdictKind.EXEMPT, VerdictKind.NO_BASIS

RULES = MappingProxyType(
    {
        Rule.CLEAR: _row(
            _S,
            "No exemption applies; the unit may be scanned",
            "Исключения не применяются; объект может быть просканирован",
            "Ерекше жағдайлар қолданылмайды; нысанды сканерлеуге болады",
        ),
        Rule.NO_ANIMALS_STATED: _row(
            _S,
            "Circus goods: a named officer states that no animals are aboard",
            "Груз цирка: должностное лицо заявило, что животных на борту нет",
            "Цирк жүгі: лауазымды адам жануарлар жоқ екенін мәлімдеді",
        ),
        Rule.LIVE_ANIMALS: _row(
            _E,
            "Live animals are not scanned",
            "Живые животные не подлежат сканированию",
            "Тірі жануарлар сканерленбейді",
        ),
        Rule.CIRCUS: _row(
            _E,
            "A mobile circus or menagerie is not scanned",
            "Передвижной цирк или зверинец не подлежит сканированию",
            "Жылжымалы цирк немесе хайуанаттар паркі сканерленбейді",
        ),
        Rule.LIVE_FISH: _row(
            _E,
            "Live fish is not scanned",
            "Живая рыба не подлежит сканированию",
            "Тірі балық сканерленбейді",
        ),
        Rule.HATCHING_EGGS: _row(
            _E,
            "Eggs for incubation are not scanned",
            "Яйца для инкубации не подлежат сканированию",
            "Инкубацияға арналған жұмыртқа сканерленбейді",
        ),
        Rule.DIMENSIONS: _row(
            _E,
            "The measured size or mass is outside what this complex can take",
            "Измеренные габариты или масса не соответствуют возможностям комплекса",
            "Өлшенген габариттер немесе масса кешеннің мүмкіндігіне сәйкес келмейді",
        ),
        Rule.DEPARTURE: _row(
            _N,
            "Departure without the carrier's written request: no basis for a scan",
            "Убытие без письменного обращения перевозчика: нет основания для сканирования",
            "Тасымалдаушының жазбаша өтінішінсіз кету: сканерлеуге негіз жоқ",
        ),
        Rule.DEPARTURE_REQUEST: _row(
            _N,
            "Departure: the carrier's written request lacks its number, date or name, "
            "or is dated in the future",
            "Убытие: в письменном обращении перевозчика нет номера, даты или имени "
            "либо дата в будущем",
            "Кету: тасымалдаушының жазбаша өтінішінде нөмірі, күні немесе аты жоқ "
            "не күні болашақта",
        ),
        Rule.DIRECTION_UNKNOWN: _hold(
            "It is not known whether the unit arrives or departs",
            "Неизвестно, прибывает объект или убывает",
            "Нысан келе жатыр ма, кетіп бара ма, белгісіз",
            may_scan=False,
        ),
        Rule.DIRECTION_CONTRADICTION: _hold(
            "The manifest names another direction than the one this lane serves",
            "В манифесте указано иное направление, чем у этой полосы",
            "Манифесте осы жолақтан өзге бағыт көрсетілген",
            may_scan=False,
        ),
        Rule.UNDECIDED_CODE: _hold(
            "The commodity code is too short to tell whether the goods are exempt",
            "Код ТН ВЭД слишком короткий: неясно, относится ли товар к исключениям",
            "СЭҚ ТН коды тым қысқа: тауардың ерекше жағдайға жататыны белгісіз",
        ),
        Rule.MALFORMED_CODE: _hold(
            "The commodity code is not a code of the tariff",
            "Код ТН ВЭД записан неверно или не существует",
            "СЭҚ ТН коды қате жазылған немесе ондай код жоқ",
        ),
        Rule.GOODS_MISSING: _hold(
            "The manifest names no goods",
            "В манифесте не указаны товары",
            "Манифесте тауарлар көрсетілмеген",
        ),
        Rule.EXEMPT_UNPROVEN: _hold(
            "Exempt goods are declared in a manifest that is unsigned or not of this unit: "
            "neither passed nor scanned on it",
            "Исключённый товар заявлен в манифесте без подписи или чужом: "
            "по нему нельзя ни пропустить, ни сканировать",
            "Ерекше тауар қол қойылмаған немесе бөтен манифесте мәлімделген: "
            "ол бойынша өткізуге де, сканерлеуге де болмайды",
            may_scan=False,
        ),
        Rule.MANIFEST_MISSING: _hold(
            "There is no manifest for this unit",
            "Для объекта нет манифеста",
            "Нысанға манифест жоқ",
        ),
        Rule.MANIFEST_UNSIGNED: _hold(
            "The manifest has no valid signature and counts as missing",
            "Манифест без действительной подписи считается отсутствующим",
            "Жарамды қолы жоқ манифест жоқ деп есептеледі",
        ),
        Rule.MANIFEST_STALE: _hold(
            "The manifest is out of date",
            "Манифест устарел",
            "Манифест ескірген",
        ),
        Rule.MANIFEST_CONTRADICTION: _hold(
            "Two manifests of one number and version say different things: "
            "only a higher version decides",
            "Два манифеста с одним номером и версией говорят разное: "
            "решает только более высокая версия",
            "Нөмірі мен нұсқасы бір екі манифест әртүрлі айтады: тек жоғарырақ нұсқа ғана шешеді",
            may_scan=False,
        ),
        Rule.IDENTITY_CONFLICT: _hold(
            "The identifiers of the unit do not agree with the manifest",
            "Идентификаторы объекта не совпадают с манифестом",
            "Нысанның сәйкестендіргіштері манифестке сәйкес келмейді",
        ),
        Rule.IDENTITY_MISSING: _hold(
            "Fewer than two identifiers of the unit were read",
            "Прочитано менее двух идентификаторов объекта",
            "Нысанның екі сәйкестендіргіші толық оқылмады",
        ),
        Rule.DIMENSIONS_UNCERTAIN: _hold(
            "A measured size or mass is too near the limit to be sure",
            "Измеренный размер или масса слишком близки к пределу",
            "Өлшенген мөлшер немесе масса шекке тым жақын",
        ),
        Rule.DIMENSIONS_UNKNOWN: _hold(
            "A size or the mass of the unit is not known",
            "Размер или масса объекта неизвестны",
            "Нысанның мөлшері немесе массасы белгісіз",
        ),
        Rule.DIMENSIONS_UNMEASURED: _hold(
            "A size or the mass is only declared; on this lane it must be measured",
            "Размер или масса только заявлены; на этой полосе требуется измерение",
            "Мөлшері немесе массасы тек мәлімделген; бұл жолақта өлшеу қажет",
        ),
        Rule.DIMENSIONS_DECLARED: _hold(
            "The declared size or mass is outside the limits and was not measured",
            "Заявленный размер или масса вне пределов и не измерены",
            "Мәлімделген мөлшері немесе массасы шектен тыс және өлшенбеген",
        ),
        Rule.SPEED: _hold(
            "The unit comes too fast or too slowly to be scanned",
            "Объект движется слишком быстро или слишком медленно для сканирования",
            "Нысан сканерлеу үшін тым жылдам немесе тым баяу келеді",
        ),
        Rule.TABLE_NOT_LOADED: _hold(
            "No table of exemptions is loaded: no scan can be permitted",
            "Таблица исключений не загружена: сканирование невозможно",
            "Ерекше жағдайлар кестесі жүктелмеген: сканерлеу мүмкін емес",
            may_scan=False,
        ),
        Rule.TABLE_EXPIRED: _hold(
            "The table of exemptions has expired: no scan can be permitted",
            "Срок таблицы исключений истёк: сканирование невозможно",
            "Ерекше жағдайлар кестесінің мерзімі өтті: сканерлеу мүмкін емес",
            may_scan=False,
        ),
        Rule.TABLE_GAP: _hold(
            "No table of exemptions covers this day: no scan can be permitted",
            "Ни одна таблица исключений не действует в этот день: сканирование невозможно",
            "Бұл күнге ерекше жағдайлар кестесі жоқ: сканерлеу мүмкін емес",
            may_scan=False,
        ),
        Rule.TABLE_CONTRADICTION: _hold(
            "More than one table of exemptions covers this day: no scan can be permitted",
            "В этот день действуют несколько таблиц исключений: сканирование невозможно",
            "Бұл күні бірнеше кесте қолданыста: сканерлеу мүмкін емес",
            may_scan=False,
        ),
        Rule.TABLE_UNSIGNED: _hold(
            "The table of exemptions has no valid signature: no scan can be permitted",
            "Таблица исключений без действительной подписи: сканирование невозможно",
            "Ерекше жағдайлар кестесінің жарамды қолы жоқ: сканерлеу мүмкін емес",
            may_scan=False,
        ),
    }
)
"""One row for every rule."""
