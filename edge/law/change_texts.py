"""What a person could do that would change the verdict, for every rule, in three languages.

See `edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

from types import MappingProxyType

from edge.law.rules import Rule
from edge.law.words import Text

_CORRECTED = Text(
    "Only a corrected manifest, if the goods are in truth others; no officer may scan",
    "Только исправленный манифест, если товар на самом деле иной; сканировать не вправе никто",
    "Тек түзетілген манифест, егер тауар шын мәнінде өзге болса; ешкім сканерлей алмайды",
)
_SIGNED_TABLE = Text(
    "A signed table of exemptions that covers this day, from headquarters; no officer may scan",
    "Подписанная таблица исключений на этот день от центра; сканировать не вправе никто",
    "Орталықтан осы күнге қол қойылған ерекше жағдайлар кестесі; ешкім сканерлей алмайды",
)
_SIZE = Text(
    "A measurement, as when the unit comes again, or a corrected manifest where a declared size is "
    "enough; until then no officer may scan",
    "Измерение, например при повторном подъезде, или исправленный манифест, если достаточно "
    "заявленного размера; до этого сканировать не вправе никто",
    "Өлшеу, мысалы нысан қайта келгенде, немесе мәлімделген мөлшер жеткілікті болса, түзетілген "
    "манифест; оған дейін ешкім сканерлей алмайды",
)
_TWO_IDENTIFIERS = Text(
    "Two identifiers that agree with the manifest, or an OMS who confirms whose manifest it is; "
    "until then no officer may scan",
    "Два идентификатора, совпадающие с манифестом, или ОУС, подтвердивший, чей это манифест; до "
    "этого сканировать не вправе никто",
    "Манифестке сәйкес екі сәйкестендіргіш немесе манифест кімдікі екенін растаған жүйені басқару "
    "операторы; оған дейін ешкім сканерлей алмайды",
)
_LOOKED = Text(
    "An OMS looks, or asks for a corrected line, and answers; the answer may be scan",
    "ОУС осматривает или запрашивает исправленную строку и отвечает; ответом может быть "
    "сканирование",
    "Жүйені басқару операторы қарап шығады немесе түзетілген жолды сұратып, жауап береді; жауабы "
    "сканерлеу болуы мүмкін",
)
_NOTHING = Text(
    "Nothing needs to change; the notice decides nothing",
    "Менять ничего не нужно; замечание ничего не решает",
    "Ештеңе өзгертудің қажеті жоқ; ескерту ештеңе шешпейді",
)

CHANGE_TEXTS = MappingProxyType(
    {
        Rule.CLEAR: Text(
            "A corrected manifest, another measurement or another table would be judged anew",
            "Исправленный манифест, новое измерение или другая таблица будут оценены заново",
            "Түзетілген манифест, жаңа өлшеу немесе басқа кесте қайта бағаланады",
        ),
        Rule.NO_ANIMALS_STATED: Text(
            "A corrected manifest, or another inspection: the statement counts for this one "
            "alone, and nothing takes it back",
            "Исправленный манифест или другая проверка: заявление действует только для этой и не "
            "отзывается",
            "Түзетілген манифест немесе басқа тексеру: мәлімдеме тек осы тексеруге жарамды және "
            "қайтарып алынбайды",
        ),
        Rule.LIVE_ANIMALS: _CORRECTED,
        Rule.CIRCUS: Text(
            "The statement of a named OMS that no animals are aboard this unit, or a corrected "
            "manifest; otherwise no officer may scan",
            "Заявление названного ОУС, что в этом объекте нет животных, или исправленный "
            "манифест; иначе сканировать не вправе никто",
            "Аты аталған жүйені басқару операторының осы нысанда жануар жоқ деген мәлімдемесі "
            "немесе түзетілген манифест; әйтпесе ешкім сканерлей алмайды",
        ),
        Rule.LIVE_FISH: _CORRECTED,
        Rule.HATCHING_EGGS: _CORRECTED,
        Rule.DIMENSIONS: Text(
            "Only a new measurement within the limits, such as after reloading; no officer may "
            "scan",
            "Только новое измерение в пределах, например после перегрузки; сканировать не вправе "
            "никто",
            "Тек шек ішіндегі жаңа өлшеу, мысалы қайта тиегеннен кейін; ешкім сканерлей алмайды",
        ),
        Rule.DEPARTURE: Text(
            "The carrier's written request with number, date and name, in a new manifest; no "
            "officer may scan without it",
            "Письменное обращение перевозчика с номером, датой и именем в новом манифесте; без "
            "него сканировать не вправе никто",
            "Жаңа манифесте нөмірі, күні және аты бар тасымалдаушының жазбаша өтініші; онсыз ешкім "
            "сканерлей алмайды",
        ),
        Rule.DEPARTURE_REQUEST: Text(
            "The missing number, date or name of the request, or its day has come; in a new "
            "manifest; no officer may scan without it",
            "Недостающий номер, дата или имя обращения в новом манифесте либо наступление его дня; "
            "без этого сканировать не вправе никто",
            "Жаңа манифесте өтініштің жетіспейтін нөмірі, күні не аты немесе оның күнінің келуі; "
            "онсыз ешкім сканерлей алмайды",
        ),
        Rule.DIRECTION_UNKNOWN: Text(
            "A manifest that names the direction; no officer may scan without a direction",
            "Манифест, в котором указано направление; без направления сканировать не вправе никто",
            "Бағыты көрсетілген манифест; бағытсыз ешкім сканерлей алмайды",
        ),
        Rule.DIRECTION_CONTRADICTION: Text(
            "A corrected manifest, or the lane of that direction; no officer may scan here",
            "Исправленный манифест или полоса нужного направления; здесь сканировать не вправе "
            "никто",
            "Түзетілген манифест немесе сол бағыттың жолағы; мұнда ешкім сканерлей алмайды",
        ),
        Rule.UNDECIDED_CODE: Text(
            "A longer code, best all ten digits, in a corrected manifest from headquarters, also "
            "when an officer has opened the boxes; until then no officer may scan",
            "Более длинный код, лучше все десять знаков, в исправленном манифесте от центра, даже "
            "если места уже вскрыты; до этого сканировать не вправе никто",
            "Орталықтан түзетілген манифесте ұзынырақ код, дұрысы он таңбаның бәрі, жәшіктер ашып "
            "қаралса да; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.MALFORMED_CODE: Text(
            "A code of 2, 4, 6, 8 or 10 digits with its leading zero, in a corrected manifest from "
            "headquarters; until then no officer may scan",
            "Код из 2, 4, 6, 8 или 10 цифр с начальным нулём в исправленном манифесте от центра; "
            "до этого сканировать не вправе никто",
            "Орталықтан түзетілген манифесте бастапқы нөлімен 2, 4, 6, 8 немесе 10 цифрлы код; "
            "оған дейін ешкім сканерлей алмайды",
        ),
        Rule.GOODS_MISSING: Text(
            "A corrected manifest that names the goods, from headquarters; until then no officer "
            "may scan",
            "Исправленный манифест с перечнем товаров от центра; до этого сканировать не вправе "
            "никто",
            "Орталықтан тауарлары көрсетілген түзетілген манифест; оған дейін ешкім сканерлей "
            "алмайды",
        ),
        Rule.EXEMPT_UNPROVEN: Text(
            "A signed manifest of this unit, or an OMS who confirms that it is of this unit; until "
            "then it is not passed as exempt, and no officer may scan",
            "Подписанный манифест этого объекта или ОУС, подтвердивший принадлежность; до этого "
            "нельзя пропустить как исключённый, а сканировать не вправе никто",
            "Осы нысанның қол қойылған манифесі немесе оның тиесілілігін растаған жүйені басқару "
            "операторы; оған дейін ерекше деп өткізуге болмайды, ешкім сканерлей алмайды",
        ),
        Rule.MANIFEST_MISSING: Text(
            "A signed manifest of this unit, from headquarters, or an OMS who confirms which one "
            "is its own; until then no officer may scan",
            "Подписанный манифест этого объекта от центра или ОУС, подтвердивший, какой манифест "
            "его; до этого сканировать не вправе никто",
            "Орталықтан осы нысанның қол қойылған манифесі немесе қай манифест соныкі екенін "
            "растаған жүйені басқару операторы; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.MANIFEST_UNSIGNED: Text(
            "A signed manifest of this unit, from headquarters; until then no officer may scan",
            "Подписанный манифест этого объекта от центра; до этого сканировать не вправе никто",
            "Орталықтан осы нысанның қол қойылған манифесі; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.MANIFEST_STALE: Text(
            "A manifest of this unit that is in date, from headquarters; until then an OMS answers "
            "and may say scan",
            "Действующий манифест этого объекта от центра; до этого отвечает ОУС и может решить "
            "сканировать",
            "Орталықтан осы нысанның мерзімі өтпеген манифесі; оған дейін жүйені басқару "
            "операторы жауап береді және сканерлеуге шеше алады",
        ),
        Rule.MANIFEST_CONTRADICTION: Text(
            "A higher version of the manifest, from headquarters; no officer may scan before",
            "Более высокая версия манифеста от центра; до неё сканировать не вправе никто",
            "Орталықтан манифестің жоғарырақ нұсқасы; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.IDENTITY_CONFLICT: _TWO_IDENTIFIERS,
        Rule.IDENTITY_MISSING: _TWO_IDENTIFIERS,
        Rule.DIMENSIONS_UNCERTAIN: Text(
            "A measurement whose whole uncertainty lies within or beyond the limits; until then an "
            "OMS answers and may say scan",
            "Измерение, вся погрешность которого лежит внутри или вне пределов; до этого отвечает "
            "ОУС и может решить сканировать",
            "Бүкіл қателігі шек ішінде не шектен тыс жататын өлшеу; оған дейін жүйені басқару "
            "операторы жауап береді және сканерлеуге шеше алады",
        ),
        Rule.DIMENSIONS_UNKNOWN: _SIZE,
        Rule.DIMENSIONS_UNMEASURED: Text(
            "A measurement, as when the unit comes again; until then no officer may scan",
            "Измерение, например при повторном подъезде; до этого сканировать не вправе никто",
            "Өлшеу, мысалы нысан қайта келгенде; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.DIMENSIONS_DECLARED: _SIZE,
        Rule.SPEED: Text(
            "The unit comes again at a speed within the limits; an OMS may answer as well",
            "Объект подъезжает снова со скоростью в пределах; ответить может и ОУС",
            "Нысан шек ішіндегі жылдамдықпен қайта келеді; жүйені басқару операторы да жауап бере "
            "алады",
        ),
        Rule.TABLE_NOT_LOADED: _SIGNED_TABLE,
        Rule.TABLE_EXPIRED: _SIGNED_TABLE,
        Rule.TABLE_GAP: _SIGNED_TABLE,
        Rule.TABLE_CONTRADICTION: Text(
            "Headquarters makes the tables agree, or ends one before the other begins; no officer "
            "may scan before",
            "Центр согласует таблицы или завершает действие одной до начала другой; до этого "
            "сканировать не вправе никто",
            "Орталық кестелерді үйлестіреді немесе бірінің мерзімін екіншісі басталғанша "
            "аяқтайды; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.TABLE_UNSIGNED: _SIGNED_TABLE,
        Rule.DESCRIPTION_UNREAD: Text(
            "A corrected manifest with a readable description, not too long, that names the goods; "
            "until then an OMS answers and may say scan",
            "Исправленный манифест с читаемым, не слишком длинным описанием, которое называет "
            "товар; до этого отвечает ОУС и может решить сканировать",
            "Тауарды атайтын, оқылатын, тым ұзын емес сипаттамасы бар түзетілген манифест; оған "
            "дейін жүйені басқару операторы жауап береді және сканерлеуге шеше алады",
        ),
        Rule.LIVING_GOODS: _LOOKED,
        Rule.LIVING_WORD: _LOOKED,
        Rule.SITE_POLICY: _LOOKED,
        Rule.DOCUMENT: _LOOKED,
        Rule.ANIMAL_VEHICLE: Text(
            "An OMS sees whether the vehicle is empty and answers; the answer may be scan",
            "ОУС проверяет, пуст ли транспорт, и отвечает; ответом может быть сканирование",
            "Жүйені басқару операторы көліктің бос екенін тексеріп, жауап береді; жауабы "
            "сканерлеу болуы мүмкін",
        ),
        Rule.DRIVER_NOT_ASKED: Text(
            "The driver's answer to an OMS: are live animals on board? Until then no officer may "
            "scan",
            "Ответ водителя на вопрос ОУС, есть ли на борту живые животные; до этого сканировать "
            "не вправе никто",
            "Жүргізушінің жүйені басқару операторының сұрағына жауабы: көлікте тірі жануар бар "
            "ма? Оған дейін ешкім сканерлей алмайды",
        ),
        Rule.ANIMALS_ABOARD: Text(
            "The animals leave the unit and the driver answers no; until then no officer may scan",
            "Животных выводят, и водитель отвечает «нет»; до этого сканировать не вправе никто",
            "Жануарлар шығарылып, жүргізуші «жоқ» деп жауап береді; оған дейін ешкім сканерлей "
            "алмайды",
        ),
        Rule.WORDS_MISSING: Text(
            "A signed lexicon that covers this day, from headquarters; no officer may scan before",
            "Подписанный словарь на этот день от центра; до этого сканировать не вправе никто",
            "Орталықтан осы күнге қол қойылған сөздік; оған дейін ешкім сканерлей алмайды",
        ),
        Rule.GOODS_NOTICE: _NOTHING,
        Rule.DOCUMENT_NOTICE: _NOTHING,
    }
)
"""One text for every rule."""
