"""What each fault says to people, in English, Russian and Kazakh; the remedy is in `remedies`.

See `edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

from typing import NamedTuple

from edge.core.faults import Fault


class FaultText(NamedTuple):
    """What the operator reads."""

    en: str
    ru: str
    kk: str


# fmt: off
TEXTS: dict[Fault, FaultText] = {
    Fault.ESTOP: FaultText(
        "Emergency stop",
        "Аварийный останов",
        "Апаттық тоқтату",
    ),
    Fault.INTERLOCK_BROKEN_IN_BEAM: FaultText(
        "An interlock opened while the beam was on",
        "Блокировка разомкнулась при включённом излучении",
        "Сәуле қосулы кезде бұғаттау ажыратылды",
    ),
    Fault.BEAM_WITHOUT_PERMIT: FaultText(
        "High voltage or beam without a permit",
        "Высокое напряжение или излучение без разрешения",
        "Рұқсатсыз жоғары кернеу не сәуле",
    ),
    Fault.BOARD_TRIPPED: FaultText(
        "The beam-permit board has tripped",
        "Плата разрешения излучения сработала",
        "Сәуле рұқсатының тақшасы іске қосылды",
    ),
    Fault.RADIATION_ALARM: FaultText(
        "The area monitor measures too high a dose rate",
        "Дозиметр зоны показывает превышение мощности дозы",
        "Аймақ дозиметрі доза қуатының асып кеткенін көрсетеді",
    ),
    Fault.INTERLOCK_BROKEN: FaultText(
        "An interlock opened during admission",
        "Блокировка разомкнулась при въезде",
        "Кіру кезінде бұғаттау ажыратылды",
    ),
    Fault.TRACKING_CONFLICT: FaultText(
        "The sensors contradict the place of the unit",
        "Датчики противоречат положению объекта",
        "Датчиктер нысан орнына қайшы келеді",
    ),
    Fault.UNIT_JAMMED: FaultText(
        "The unit does not move on",
        "Объект не продвигается",
        "Нысан қозғалмайды",
    ),
    Fault.LEASE_LOST: FaultText(
        "The board ended the lease during a scan",
        "Плата прервала разрешение во время сканирования",
        "Сканерлеу кезінде тақша рұқсатты тоқтатты",
    ),
    Fault.LINES_STALLED: FaultText(
        "Detector lines stopped during a scan",
        "Строки детектора прекратились во время сканирования",
        "Сканерлеу кезінде детектор жолдары тоқтады",
    ),
    Fault.HV_MISSING: FaultText(
        "The generator gave no high voltage under a permit",
        "Генератор не дал высокое напряжение",
        "Генератор жоғары кернеу бермеді",
    ),
    Fault.CONTROL_STALLED: FaultText(
        "The controller stood still for too long",
        "Контроллер слишком долго не отвечал",
        "Контроллер тым ұзақ жауап бермеді",
    ),
    Fault.CONVEYOR_LOST: FaultText(
        "The conveyor drive does not answer",
        "Привод конвейера не отвечает",
        "Конвейер жетегі жауап бермейді",
    ),
    Fault.CONVEYOR_FAULT: FaultText(
        "The conveyor drive reports a fault",
        "Привод конвейера сообщает об ошибке",
        "Конвейер жетегінің ақауы",
    ),
    Fault.SAFETY_LOST: FaultText(
        "The safety controller does not answer",
        "Контроллер безопасности не отвечает",
        "Қауіпсіздік контроллері жауап бермейді",
    ),
    Fault.BOARD_LOST: FaultText(
        "The beam-permit board does not answer",
        "Плата разрешения излучения не отвечает",
        "Сәуле рұқсатының тақшасы жауап бермейді",
    ),
    Fault.SOURCE_LOST: FaultText(
        "The X-ray generator does not answer",
        "Рентгеновский генератор не отвечает",
        "Рентген генераторы жауап бермейді",
    ),
    Fault.JOURNAL_UNAVAILABLE: FaultText(
        "The journal cannot be written",
        "Журнал недоступен для записи",
        "Журналға жазу мүмкін емес",
    ),
    Fault.SOURCE_FAULT: FaultText(
        "The X-ray generator reports a fault",
        "Рентгеновский генератор сообщает об ошибке",
        "Рентген генераторының ақауы",
    ),
    Fault.WORKER_LOST: FaultText(
        "The image worker is not running",
        "Обработчик изображений не работает",
        "Кескін өңдегіш жұмыс істемейді",
    ),
    Fault.DETECTOR_LOST: FaultText(
        "The detector does not answer",
        "Детектор не отвечает",
        "Детектор жауап бермейді",
    ),
    Fault.CALIBRATION_MISSING: FaultText(
        "No valid calibration of the detector",
        "Нет действующей калибровки детектора",
        "Детектордың жарамды калибрлеуі жоқ",
    ),
    Fault.DETECTOR_NOT_ARMED: FaultText(
        "The detector could not be armed for a scan",
        "Не удалось подготовить детектор к сканированию",
        "Детекторды сканерлеуге дайындау мүмкін болмады",
    ),
    Fault.GAUGE_LOST: FaultText(
        "A dimension gauge does not answer",
        "Датчик габаритов не отвечает",
        "Габарит өлшегіш жауап бермейді",
    ),
    Fault.RULES_INVALID: FaultText(
        "The table of exemptions or the lexicon of living goods is missing, expired or unsigned",
        "Таблица исключений или словарь живых товаров отсутствует, истёк или не подписан",
        "Ерекше жағдайлар кестесі не тірі тауарлар сөздігі жоқ, мерзімі өткен не қол қойылмаған",
    ),
    Fault.WATCHDOG_UNPROVEN: FaultText(
        "A device is not proven to stop by itself, or its watchdog is off or too slow",
        "Не доказано, что устройство останавливается само, или его сторожевой таймер отключён или "
        "слишком медленный",
        "Құрылғының өздігінен тоқтайтыны дәлелденбеген, не оның күзет таймері өшірулі не тым баяу",
    ),
    Fault.STORAGE_LOW: FaultText(
        "Too little storage for another scan",
        "Недостаточно места для сканирования",
        "Сканерлеуге орын жеткіліксіз",
    ),
    Fault.DEVICE_LOST: FaultText(
        "A device does not answer",
        "Устройство не отвечает",
        "Құрылғы жауап бермейді",
    ),
    Fault.ON_BATTERY: FaultText(
        "The lane runs on battery",
        "Питание от батареи",
        "Қуат батареядан беріліп тұр",
    ),
    Fault.SOURCE_RESTING: FaultText(
        "The X-ray tube rests to keep its duty cycle",
        "Рентгеновская трубка отдыхает по режиму нагрузки",
        "Рентген түтігі жүктеме режимі бойынша тынығуда",
    ),
    Fault.SOURCE_WARMING: FaultText(
        "The X-ray generator warms up",
        "Рентгеновский генератор прогревается",
        "Рентген генераторы қызып жатыр",
    ),
    Fault.SEASONING_DUE: FaultText(
        "The X-ray tube has to be seasoned before the next scan",
        "Перед следующим сканированием требуется тренировка трубки",
        "Келесі сканерлеу алдында түтікті жаттықтыру қажет",
    ),
    Fault.READER_LOST: FaultText(
        "A plate or code reader does not answer",
        "Считыватель не отвечает",
        "Оқу құрылғысы жауап бермейді",
    ),
    Fault.BROKER_LOST: FaultText(
        "No link to headquarters",
        "Нет связи с центром",
        "Орталықпен байланыс жоқ",
    ),
    Fault.MANIFEST_REFUSED: FaultText(
        "A manifest was refused",
        "Манифест отклонён",
        "Манифест қабылданбады",
    ),
    Fault.COMMAND_REFUSED: FaultText(
        "A command was refused",
        "Команда отклонена",
        "Бұйрық қабылданбады",
    ),
    Fault.IMAGE_LOST: FaultText(
        "A scan did not become an image",
        "Скан не стал изображением",
        "Скан кескінге айналмады",
    ),
}
# fmt: on
"""Every fault's text."""
