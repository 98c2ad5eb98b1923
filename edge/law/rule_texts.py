"""What the officer reads for every rule, in English, Russian and Kazakh."""

from types import MappingProxyType

from edge.law.rules import Rule
from edge.law.words import Text

RULE_TEXTS = MappingProxyType(
    {
        Rule.CLEAR: Text(
            "No exemption applies; the unit may be scanned",
            "Исключения не применяются; объект может быть просканирован",
            "Ерекше жағдайлар қолданылмайды; нысанды сканерлеуге болады",
        ),
        Rule.NO_ANIMALS_STATED: Text(
            "Circus goods: a named officer states that no animals are aboard",
            "Груз цирка: должностное лицо заявило, что животных на борту нет",
            "Цирк жүгі: лауазымды адам жануарлар жоқ екенін мәлімдеді",
        ),
        Rule.LIVE_ANIMALS: Text(
            "Live animals are not scanned",
            "Живые животные не подлежат сканированию",
            "Тірі жануарлар сканерленбейді",
        ),
        Rule.CIRCUS: Text(
            "A mobile circus or menagerie is not scanned",
            "Передвижной цирк или зверинец не подлежит сканированию",
            "Жылжымалы цирк немесе хайуанаттар паркі сканерленбейді",
        ),
        Rule.LIVE_FISH: Text(
            "Live fish is not scanned",
            "Живая рыба не подлежит сканированию",
            "Тірі балық сканерленбейді",
        ),
        Rule.HATCHING_EGGS: Text(
            "Eggs for incubation are not scanned",
            "Яйца для инкубации не подлежат сканированию",
            "Инкубацияға арналған жұмыртқа сканерленбейді",
        ),
        Rule.DIMENSIONS: Text(
            "The measured size or mass is outside what this complex can take",
            "Измеренные габариты или масса не соответствуют возможностям комплекса",
            "Өлшенген габариттер немесе масса кешеннің мүмкіндігіне сәйкес келмейді",
        ),
        Rule.DEPARTURE: Text(
            "Departure without the carrier's written request: no basis for a scan",
            "Убытие без письменного обращения перевозчика: нет основания для сканирования",
            "Тасымалдаушының жазбаша өтінішінсіз кету: сканерлеуге негіз жоқ",
        ),
        Rule.DEPARTURE_REQUEST: Text(
            "Departure: the carrier's written request lacks its number, date or name, or "
            "is dated in the future",
            "Убытие: в письменном обращении перевозчика нет номера, даты или имени либо "
            "дата в будущем",
            "Кету: тасымалдаушының жазбаша өтінішінде нөмірі, күні немесе аты жоқ не күні "
            "болашақта",
        ),
        Rule.DIRECTION_UNKNOWN: Text(
            "It is not known whether the unit arrives or departs",
            "Неизвестно, прибывает объект или убывает",
            "Нысан келе жатыр ма, кетіп бара ма, белгісіз",
        ),
        Rule.DIRECTION_CONTRADICTION: Text(
            "The manifest names another direction than the one this lane serves",
            "В манифесте указано иное направление, чем у этой полосы",
            "Манифесте осы жолақтан өзге бағыт көрсетілген",
        ),
        Rule.UNDECIDED_CODE: Text(
            "The commodity code is too short to tell whether the goods are exempt",
            "Код ТН ВЭД слишком короткий: неясно, относится ли товар к исключениям",
            "СЭҚ ТН коды тым қысқа: тауардың ерекше жағдайға жататыны белгісіз",
        ),
        Rule.MALFORMED_CODE: Text(
            "The commodity code is not a code of the tariff",
            "Код ТН ВЭД записан неверно или не существует",
            "СЭҚ ТН коды қате жазылған немесе ондай код жоқ",
        ),
        Rule.GOODS_MISSING: Text(
            "The manifest names no goods",
            "В манифесте не указаны товары",
            "Манифесте тауарлар көрсетілмеген",
        ),
        Rule.EXEMPT_UNPROVEN: Text(
            "Exempt goods are declared in a manifest that is unsigned or not of this "
            "unit: neither passed nor scanned on it",
            "Исключённый товар заявлен в манифесте без подписи или чужом: по нему нельзя "
            "ни пропустить, ни сканировать",
            "Ерекше тауар қол қойылмаған немесе бөтен манифесте мәлімделген: ол бойынша "
            "өткізуге де, сканерлеуге де болмайды",
        ),
        Rule.MANIFEST_MISSING: Text(
            "There is no manifest for this unit",
            "Для объекта нет манифеста",
            "Нысанға манифест жоқ",
        ),
        Rule.MANIFEST_UNSIGNED: Text(
            "The manifest has no valid signature and counts as missing",
            "Манифест без действительной подписи считается отсутствующим",
            "Жарамды қолы жоқ манифест жоқ деп есептеледі",
        ),
        Rule.MANIFEST_STALE: Text(
            "The manifest is out of date",
            "Манифест устарел",
            "Манифест ескірген",
        ),
        Rule.MANIFEST_CONTRADICTION: Text(
            "Two manifests of one number and version say different things: only a higher "
            "version decides",
            "Два манифеста с одним номером и версией говорят разное: решает только более "
            "высокая версия",
            "Нөмірі мен нұсқасы бір екі манифест әртүрлі айтады: тек жоғарырақ нұсқа ғана шешеді",
        ),
        Rule.IDENTITY_CONFLICT: Text(
            "The identifiers of the unit do not agree with the manifest",
            "Идентификаторы объекта не совпадают с манифестом",
            "Нысанның сәйкестендіргіштері манифестке сәйкес келмейді",
        ),
        Rule.IDENTITY_MISSING: Text(
            "Fewer than two identifiers of the unit were read",
            "Прочитано менее двух идентификаторов объекта",
            "Нысанның екі сәйкестендіргіші толық оқылмады",
        ),
        Rule.DIMENSIONS_UNCERTAIN: Text(
            "A measured size or mass is too near the limit to be sure",
            "Измеренный размер или масса слишком близки к пределу",
            "Өлшенген мөлшер немесе масса шекке тым жақын",
        ),
        Rule.DIMENSIONS_UNKNOWN: Text(
            "A size or the mass of the unit is not known",
            "Размер или масса объекта неизвестны",
            "Нысанның мөлшері немесе массасы белгісіз",
        ),
        Rule.DIMENSIONS_UNMEASURED: Text(
            "A size or the mass is only declared; on this lane it must be measured",
            "Размер или масса только заявлены; на этой полосе требуется измерение",
            "Мөлшері немесе массасы тек мәлімделген; бұл жолақта өлшеу қажет",
        ),
        Rule.DIMENSIONS_DECLARED: Text(
            "The declared size or mass is outside the limits and was not measured",
            "Заявленный размер или масса вне пределов и не измерены",
            "Мәлімделген мөлшері немесе массасы шектен тыс және өлшенбеген",
        ),
        Rule.SPEED: Text(
            "The unit comes too fast or too slowly to be scanned",
            "Объект движется слишком быстро или слишком медленно для сканирования",
            "Нысан сканерлеу үшін тым жылдам немесе тым баяу келеді",
        ),
        Rule.TABLE_NOT_LOADED: Text(
            "No table of exemptions is loaded: no scan can be permitted",
            "Таблица исключений не загружена: сканирование невозможно",
            "Ерекше жағдайлар кестесі жүктелмеген: сканерлеу мүмкін емес",
        ),
        Rule.TABLE_EXPIRED: Text(
            "The table of exemptions has expired: no scan can be permitted",
            "Срок таблицы исключений истёк: сканирование невозможно",
            "Ерекше жағдайлар кестесінің мерзімі өтті: сканерлеу мүмкін емес",
        ),
        Rule.TABLE_GAP: Text(
            "No table of exemptions covers this day: no scan can be permitted",
            "Ни одна таблица исключений не действует в этот день: сканирование невозможно",
            "Бұл күнге ерекше жағдайлар кестесі жоқ: сканерлеу мүмкін емес",
        ),
        Rule.TABLE_CONTRADICTION: Text(
            "Tables of exemptions for this day contradict each other: no scan can be permitted",
            "Таблицы исключений на этот день противоречат друг другу: сканирование невозможно",
            "Осы күнгі ерекше жағдайлар кестелері бір-біріне қайшы: сканерлеу мүмкін емес",
        ),
        Rule.TABLE_UNSIGNED: Text(
            "The table of exemptions has no valid signature: no scan can be permitted",
            "Таблица исключений без действительной подписи: сканирование невозможно",
            "Ерекше жағдайлар кестесінің жарамды қолы жоқ: сканерлеу мүмкін емес",
        ),
        Rule.DESCRIPTION_UNREAD: Text(
            "The description is missing, or not read whole: too long, or garbled",
            "Описание отсутствует или прочитано не полностью: слишком длинное или повреждено",
            "Сипаттама жоқ немесе толық оқылмады: тым ұзын немесе бүлінген",
        ),
        Rule.LIVING_GOODS: Text(
            "The commodity code is of goods that are or may be alive",
            "Код ТН ВЭД относится к товару, который жив или может быть живым",
            "СЭҚ ТН коды тірі немесе тірі болуы мүмкін тауарға жатады",
        ),
        Rule.LIVING_WORD: Text(
            "The description speaks of living goods, which the code does not explain",
            "В описании говорится о живом товаре, чего код не объясняет",
            "Сипаттамада тірі тауар туралы айтылған, код оны түсіндірмейді",
        ),
        Rule.SITE_POLICY: Text(
            "Goods a scan may spoil or set off: the site decides",
            "Товар, который сканирование может испортить или привести в действие: решает пост",
            "Сканерлеу бүлдіруі немесе іске қосуы мүмкін тауар: бекет шешеді",
        ),
        Rule.DOCUMENT: Text(
            "A document points to living or dangerous goods, and the goods do not explain it",
            "Документ указывает на живой или опасный товар, и товары этого не объясняют",
            "Құжат тірі немесе қауіпті тауарды көрсетеді, тауарлар оны түсіндірмейді",
        ),
        Rule.ANIMAL_VEHICLE: Text(
            "The vehicle is made for carrying animals: see whether it is empty",
            "Транспорт предназначен для животных: проверьте, пуст ли он",
            "Көлік жануарларға арналған: бос екенін тексеріңіз",
        ),
        Rule.DRIVER_NOT_ASKED: Text(
            "The driver has not said whether live animals are on board",
            "Водитель не сказал, есть ли на борту живые животные",
            "Жүргізуші көлікте тірі жануарлар бар-жоғын айтқан жоқ",
        ),
        Rule.ANIMALS_ABOARD: Text(
            "The driver says that live animals are on board",
            "Водитель сообщил, что на борту живые животные",
            "Жүргізуші көлікте тірі жануарлар бар екенін айтты",
        ),
        Rule.WORDS_MISSING: Text(
            "No lexicon of living goods is in force: no scan can be permitted",
            "Словарь живых товаров не действует: сканирование невозможно",
            "Тірі тауарлар сөздігі күшінде емес: сканерлеу мүмкін емес",
        ),
        Rule.GOODS_NOTICE: Text(
            "Goods to be handled with care; they may be scanned",
            "Товар требует внимания; сканирование допускается",
            "Назар аударуды қажет ететін тауар; сканерлеуге болады",
        ),
        Rule.DOCUMENT_NOTICE: Text(
            "A document that goes with these goods, or is to be noted",
            "Документ, обычный для этого товара или требующий внимания",
            "Осы тауарға тән немесе назар аударуды қажет ететін құжат",
        ),
    }
)
"""One text for every rule."""
