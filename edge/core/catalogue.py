"""What each fault says to people, in English, Russian and Kazakh, and what to do about it.

See `edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

from typing import NamedTuple

from edge.core.faults import Fault


class FaultText(NamedTuple):
    """What the operator reads, and the remedy."""

    en: str
    ru: str
    kk: str
    remedy: str


# fmt: off
TEXTS: dict[Fault, FaultText] = {
    Fault.ESTOP: FaultText(
        "Emergency stop",
        "Аварийный останов",
        "Апаттық тоқтату",
        "Make sure nobody is in danger; release the button, press local reset, cycle the key,"
        " search and secure again.",
    ),
    Fault.INTERLOCK_BROKEN_IN_BEAM: FaultText(
        "An interlock opened while the beam was on",
        "Блокировка разомкнулась при включённом излучении",
        "Сәуле қосулы кезде бұғаттау ажыратылды",
        "Find the opened door, zone or key; check that nobody is inside; local reset.",
    ),
    Fault.BEAM_WITHOUT_PERMIT: FaultText(
        "High voltage or beam without a permit",
        "Высокое напряжение или излучение без разрешения",
        "Рұқсатсыз жоғары кернеу не сәуле",
        "Switch the generator off at the panel and call the radiation safety officer.",
    ),
    Fault.BOARD_TRIPPED: FaultText(
        "The beam-permit board has tripped",
        "Плата разрешения излучения сработала",
        "Сәуле рұқсатының тақшасы іске қосылды",
        "Read the trip reason with `scanlane status`; local reset at the board.",
    ),
    Fault.RADIATION_ALARM: FaultText(
        "The area monitor measures too high a dose rate",
        "Дозиметр зоны показывает превышение мощности дозы",
        "Аймақ дозиметрі доза қуатының асып кеткенін көрсетеді",
        "Keep everybody away and call the radiation safety officer; local reset when it is found.",
    ),
    Fault.INTERLOCK_BROKEN: FaultText(
        "An interlock opened during admission",
        "Блокировка разомкнулась при въезде",
        "Кіру кезінде бұғаттау ажыратылды",
        "Close what has opened, then acknowledge.",
    ),
    Fault.TRACKING_CONFLICT: FaultText(
        "The sensors contradict the place of the unit",
        "Датчики противоречат положению объекта",
        "Датчиктер нысан орнына қайшы келеді",
        "Clear the lane of units, search and secure, then acknowledge.",
    ),
    Fault.UNIT_JAMMED: FaultText(
        "The unit does not move on",
        "Объект не продвигается",
        "Нысан қозғалмайды",
        "Free the unit, then acknowledge; the lane drives it out.",
    ),
    Fault.LEASE_LOST: FaultText(
        "The board ended the lease during a scan",
        "Плата прервала разрешение во время сканирования",
        "Сканерлеу кезінде тақша рұқсатты тоқтатты",
        "Read the reason with `scanlane status`, then acknowledge; the unit is driven out.",
    ),
    Fault.LINES_STALLED: FaultText(
        "Detector lines stopped during a scan",
        "Строки детектора прекратились во время сканирования",
        "Сканерлеу кезінде детектор жолдары тоқтады",
        "Check the detector link, then acknowledge; the unit is driven out.",
    ),
    Fault.HV_MISSING: FaultText(
        "The generator gave no high voltage under a permit",
        "Генератор не дал высокое напряжение",
        "Генератор жоғары кернеу бермеді",
        "Check the generator's faults, then acknowledge; the unit is driven out.",
    ),
    Fault.CONTROL_STALLED: FaultText(
        "The controller stood still for too long",
        "Контроллер слишком долго не отвечал",
        "Контроллер тым ұзақ жауап бермеді",
        "Check the computer's load, then acknowledge.",
    ),
    Fault.CONVEYOR_LOST: FaultText(
        "The conveyor drive does not answer",
        "Привод конвейера не отвечает",
        "Конвейер жетегі жауап бермейді",
        "Check drive power and cable, then acknowledge.",
    ),
    Fault.CONVEYOR_FAULT: FaultText(
        "The conveyor drive reports a fault",
        "Привод конвейера сообщает об ошибке",
        "Конвейер жетегінің ақауы",
        "Clear the cause the drive names, acknowledge to reset it, acknowledge again to go on.",
    ),
    Fault.SAFETY_LOST: FaultText(
        "The safety controller does not answer",
        "Контроллер безопасности не отвечает",
        "Қауіпсіздік контроллері жауап бермейді",
        "Check its power and network, then acknowledge.",
    ),
    Fault.BOARD_LOST: FaultText(
        "The beam-permit board does not answer",
        "Плата разрешения излучения не отвечает",
        "Сәуле рұқсатының тақшасы жауап бермейді",
        "Check its power and cable, then acknowledge.",
    ),
    Fault.SOURCE_LOST: FaultText(
        "The X-ray generator does not answer",
        "Рентгеновский генератор не отвечает",
        "Рентген генераторы жауап бермейді",
        "Check generator power and cable, then acknowledge.",
    ),
    Fault.JOURNAL_UNAVAILABLE: FaultText(
        "The journal cannot be written",
        "Журнал недоступен для записи",
        "Журналға жазу мүмкін емес",
        "Free disk space or make the state folder writable: it goes on by itself, then acknowledge."
        " After a disk error or damage it does not: check the disk and restart the machine.",
    ),
    Fault.SOURCE_FAULT: FaultText(
        "The X-ray generator reports a fault",
        "Рентгеновский генератор сообщает об ошибке",
        "Рентген генераторының ақауы",
        "Read the fault with `scanlane status`; clear it at the generator.",
    ),
    Fault.WORKER_LOST: FaultText(
        "The image worker is not running",
        "Обработчик изображений не работает",
        "Кескін өңдегіш жұмыс істемейді",
        "It restarts by itself; if it does not, read its log.",
    ),
    Fault.DETECTOR_LOST: FaultText(
        "The detector does not answer",
        "Детектор не отвечает",
        "Детектор жауап бермейді",
        "Check detector power and network; the link comes back by itself.",
    ),
    Fault.CALIBRATION_MISSING: FaultText(
        "No valid calibration of the detector",
        "Нет действующей калибровки детектора",
        "Детектордың жарамды калибрлеуі жоқ",
        "Calibrate the detector.",
    ),
    Fault.DETECTOR_NOT_ARMED: FaultText(
        "The detector could not be armed for a scan",
        "Не удалось подготовить детектор к сканированию",
        "Детекторды сканерлеуге дайындау мүмкін болмады",
        "It is tried again by itself; if it goes on, read why with `scanlane status`.",
    ),
    Fault.GAUGE_LOST: FaultText(
        "A dimension gauge does not answer",
        "Датчик габаритов не отвечает",
        "Габарит өлшегіш жауап бермейді",
        "Check the light curtain; units are held until it answers.",
    ),
    Fault.RULES_INVALID: FaultText(
        "No exemption table is in force",
        "Нет действующей таблицы исключений",
        "Қолданыстағы ерекшеліктер кестесі жоқ",
        "Install a table that is valid today; until then no permit can be made.",
    ),
    Fault.WATCHDOG_UNPROVEN: FaultText(
        "A device's watchdog is off or too slow",
        "Сторожевой таймер устройства отключён или слишком медленный",
        "Құрылғының күзет таймері өшірулі не тым баяу",
        "Set the watchdog parameters named in `scanlane status` on the device.",
    ),
    Fault.STORAGE_LOW: FaultText(
        "Too little storage for another scan",
        "Недостаточно места для сканирования",
        "Сканерлеуге орын жеткіліксіз",
        "Restore the link to headquarters or add storage.",
    ),
    Fault.DEVICE_LOST: FaultText(
        "A device does not answer",
        "Устройство не отвечает",
        "Құрылғы жауап бермейді",
        "Check power and cable of the device named; no unit is admitted meanwhile.",
    ),
    Fault.ON_BATTERY: FaultText(
        "The lane runs on battery",
        "Питание от батареи",
        "Қуат батареядан беріліп тұр",
        "The unit in the lane is finished, no other admitted; restore the mains.",
    ),
    Fault.READER_LOST: FaultText(
        "A plate or code reader does not answer",
        "Считыватель не отвечает",
        "Оқу құрылғысы жауап бермейді",
        "Check the reader; units are held for identification meanwhile.",
    ),
    Fault.BROKER_LOST: FaultText(
        "No link to headquarters",
        "Нет связи с центром",
        "Орталықпен байланыс жоқ",
        "Results wait in the outbox and go out by themselves.",
    ),
    Fault.MANIFEST_REFUSED: FaultText(
        "A manifest was refused",
        "Манифест отклонён",
        "Манифест қабылданбады",
        "Read the reason in the journal; headquarters sends it anew.",
    ),
    Fault.COMMAND_REFUSED: FaultText(
        "A command was refused",
        "Команда отклонена",
        "Бұйрық қабылданбады",
        "Read the reason in the response.",
    ),
    Fault.IMAGE_LOST: FaultText(
        "A scan did not become an image",
        "Скан не стал изображением",
        "Скан кескінге айналмады",
        "The raw lines are kept; the inspection is recorded as not completed.",
    ),
}
# fmt: on
"""Every fault's text."""
