"""What to do about each fault, in English, Russian and Kazakh.

See `edge.law.words.NATIVE_REVIEW` for the state of the translations.
"""

from edge.core.catalogue import FaultText
from edge.core.faults import Fault

# fmt: off
REMEDIES: dict[Fault, FaultText] = {
    Fault.ESTOP: FaultText(
        "Make sure nobody is in danger; release the button, press local reset, cycle the key, "
        "search and secure again.",
        "Убедитесь, что людям ничто не угрожает; отпустите кнопку, выполните местный сброс, "
        "поверните ключ, снова осмотрите и закройте зону.",
        "Ешкімге қауіп жоқ екеніне көз жеткізіңіз; батырманы босатып, жергілікті қалпына келтіруді "
        "басыңыз, кілтті бұраңыз, аймақты қайта қарап, жабыңыз.",
    ),
    Fault.INTERLOCK_BROKEN_IN_BEAM: FaultText(
        "Find the opened door, zone or key; check that nobody is inside; local reset.",
        "Найдите открывшуюся дверь, зону или ключ; проверьте, что внутри никого нет; выполните "
        "местный сброс.",
        "Ашылған есікті, аймақты немесе кілтті табыңыз; ішінде ешкім жоқ екенін тексеріңіз; "
        "жергілікті қалпына келтіруді басыңыз.",
    ),
    Fault.BEAM_WITHOUT_PERMIT: FaultText(
        "Switch the generator off at the panel and call the radiation safety officer.",
        "Отключите генератор на пульте и вызовите ответственного за радиационную безопасность.",
        "Генераторды пульттен өшіріп, радиациялық қауіпсіздікке жауапты адамды шақырыңыз.",
    ),
    Fault.BOARD_TRIPPED: FaultText(
        "Read the trip reason with `scanlane status`; local reset at the board.",
        "Прочитайте причину срабатывания в `scanlane status`; выполните местный сброс на плате.",
        "Іске қосылу себебін `scanlane status` арқылы оқыңыз; тақшада жергілікті қалпына келтіруді "
        "басыңыз.",
    ),
    Fault.RADIATION_ALARM: FaultText(
        "Keep everybody away and call the radiation safety officer; local reset when it is found.",
        "Не подпускайте никого и вызовите ответственного за радиационную безопасность; местный "
        "сброс, когда причина найдена.",
        "Ешкімді жақындатпаңыз және радиациялық қауіпсіздікке жауапты адамды шақырыңыз; себебі "
        "табылғанда жергілікті қалпына келтіру.",
    ),
    Fault.INTERLOCK_BROKEN: FaultText(
        "Close what has opened, then acknowledge.",
        "Закройте то, что открылось, затем подтвердите.",
        "Ашылғанды жауып, содан кейін растаңыз.",
    ),
    Fault.TRACKING_CONFLICT: FaultText(
        "Clear the lane of units, search and secure, then acknowledge.",
        "Освободите полосу от объектов, осмотрите и закройте зону, затем подтвердите.",
        "Жолақты нысандардан босатып, аймақты қарап, жабыңыз, содан кейін растаңыз.",
    ),
    Fault.UNIT_JAMMED: FaultText(
        "Free the unit, then acknowledge; the lane drives it out.",
        "Освободите объект, затем подтвердите; полоса вывезет его.",
        "Нысанды босатып, содан кейін растаңыз; жолақ оны шығарады.",
    ),
    Fault.LEASE_LOST: FaultText(
        "Read the reason with `scanlane status`, then acknowledge; the unit is driven out.",
        "Прочитайте причину в `scanlane status`, затем подтвердите; объект будет вывезен.",
        "Себебін `scanlane status` арқылы оқып, содан кейін растаңыз; нысан шығарылады.",
    ),
    Fault.LINES_STALLED: FaultText(
        "Check the detector link, then acknowledge; the unit is driven out.",
        "Проверьте связь с детектором, затем подтвердите; объект будет вывезен.",
        "Детектормен байланысты тексеріп, содан кейін растаңыз; нысан шығарылады.",
    ),
    Fault.HV_MISSING: FaultText(
        "Check the generator's faults, then acknowledge; the unit is driven out.",
        "Проверьте ошибки генератора, затем подтвердите; объект будет вывезен.",
        "Генератор қателерін тексеріп, содан кейін растаңыз; нысан шығарылады.",
    ),
    Fault.CONTROL_STALLED: FaultText(
        "Check the computer's load, then acknowledge.",
        "Проверьте нагрузку компьютера, затем подтвердите.",
        "Компьютердің жүктемесін тексеріп, содан кейін растаңыз.",
    ),
    Fault.CONVEYOR_LOST: FaultText(
        "Check drive power and cable, then acknowledge.",
        "Проверьте питание и кабель привода, затем подтвердите.",
        "Жетектің қуаты мен кабелін тексеріп, содан кейін растаңыз.",
    ),
    Fault.CONVEYOR_FAULT: FaultText(
        "Clear the cause the drive names, acknowledge to reset it, acknowledge again to go on.",
        "Устраните причину, которую называет привод, подтвердите, чтобы сбросить его, и "
        "подтвердите ещё раз, чтобы продолжить.",
        "Жетек атаған себепті жойыңыз, оны қалпына келтіру үшін растаңыз, жалғастыру үшін тағы бір "
        "рет растаңыз.",
    ),
    Fault.SAFETY_LOST: FaultText(
        "Check its power and network, then acknowledge.",
        "Проверьте его питание и сеть, затем подтвердите.",
        "Оның қуаты мен желісін тексеріп, содан кейін растаңыз.",
    ),
    Fault.BOARD_LOST: FaultText(
        "Check its power and cable, then acknowledge.",
        "Проверьте её питание и кабель, затем подтвердите.",
        "Оның қуаты мен кабелін тексеріп, содан кейін растаңыз.",
    ),
    Fault.SOURCE_LOST: FaultText(
        "Check generator power and cable, then acknowledge.",
        "Проверьте питание и кабель генератора, затем подтвердите.",
        "Генератордың қуаты мен кабелін тексеріп, содан кейін растаңыз.",
    ),
    Fault.JOURNAL_UNAVAILABLE: FaultText(
        "Free disk space or make the state folder writable: it goes on by itself, then "
        "acknowledge. After a disk error or damage it does not: check the disk and restart the "
        "machine.",
        "Освободите место на диске или разрешите запись в папку состояния: журнал продолжится сам, "
        "затем подтвердите. После ошибки или повреждения диска он не продолжится: проверьте диск и "
        "перезапустите машину.",
        "Дискіде орын босатыңыз немесе күй қалтасына жазуға рұқсат беріңіз: журнал өзі жалғасады, "
        "содан кейін растаңыз. Диск қатесінен не бүлінуінен кейін жалғаспайды: дискіні тексеріп, "
        "машинаны қайта іске қосыңыз.",
    ),
    Fault.SOURCE_FAULT: FaultText(
        "Read the fault with `scanlane status`; clear it at the generator.",
        "Прочитайте ошибку в `scanlane status`; устраните её на генераторе.",
        "Қатені `scanlane status` арқылы оқыңыз; оны генераторда жойыңыз.",
    ),
    Fault.WORKER_LOST: FaultText(
        "It restarts by itself; if it does not, read its log.",
        "Он перезапускается сам; если нет, прочитайте его журнал.",
        "Ол өзі қайта іске қосылады; қосылмаса, оның журналын оқыңыз.",
    ),
    Fault.DETECTOR_NOT_ARMED: FaultText(
        "It is tried again by itself; if it goes on, read why with `scanlane status`.",
        "Попытка повторяется сама; если не помогает, узнайте причину через `scanlane status`.",
        "Әрекет өзі қайталанады; көмектеспесе, себебін `scanlane status` арқылы біліңіз.",
    ),
    Fault.DETECTOR_LOST: FaultText(
        "Check detector power and network; the link comes back by itself.",
        "Проверьте питание и сеть детектора; связь восстановится сама.",
        "Детектордың қуаты мен желісін тексеріңіз; байланыс өзі қалпына келеді.",
    ),
    Fault.CALIBRATION_MISSING: FaultText(
        "Calibrate the detector.",
        "Откалибруйте детектор.",
        "Детекторды калибрлеңіз.",
    ),
    Fault.GAUGE_LOST: FaultText(
        "Check the light curtain; units are held until it answers.",
        "Проверьте световую завесу; пока она не отвечает, объекты задерживаются.",
        "Жарық пердесін тексеріңіз; ол жауап бергенше нысандар тоқтатылады.",
    ),
    Fault.RULES_INVALID: FaultText(
        "Run `scanlane law check` on the lane's folder of the law: it names what is missing or "
        "expired. Where it finds no mistake a signature is missing: headquarters signs the file "
        "(`scanlane-hq sign-law`). Until then no permit can be made.",
        "Запустите `scanlane law check` для папки правил полосы: он назовёт, чего нет или что "
        "истекло. Если ошибок нет, не хватает подписи: центр подписывает файл (`scanlane-hq "
        "sign-law`). До этого разрешения не будет.",
        "Жолақтың ереже қалтасына `scanlane law check` іске қосыңыз: ол не жоғын немесе ненің "
        "мерзімі өткенін айтады. Қате болмаса, қол жетіспейді: орталық файлға қол қояды "
        "(`scanlane-hq sign-law`). Оған дейін рұқсат берілмейді.",
    ),
    Fault.WATCHDOG_UNPROVEN: FaultText(
        "Set the watchdog parameters named in `scanlane status` on the device, stop the lane and "
        "run `scanlane device prove`.",
        "Установите на устройстве параметры сторожевого таймера, названные в `scanlane status`, "
        "остановите полосу и запустите `scanlane device prove`.",
        "Құрылғыда `scanlane status` атаған күзет таймерінің параметрлерін орнатыңыз, "
        "жолақты тоқтатып, `scanlane device prove` іске қосыңыз.",
    ),
    Fault.STORAGE_LOW: FaultText(
        "Restore the link to headquarters or add storage.",
        "Восстановите связь с центром или добавьте место хранения.",
        "Орталықпен байланысты қалпына келтіріңіз немесе сақтау орнын қосыңыз.",
    ),
    Fault.DEVICE_LOST: FaultText(
        "Check power and cable of the device named; no unit is admitted meanwhile.",
        "Проверьте питание и кабель названного устройства; до этого объекты не впускаются.",
        "Аталған құрылғының қуаты мен кабелін тексеріңіз; оған дейін нысандар кіргізілмейді.",
    ),
    Fault.ON_BATTERY: FaultText(
        "The unit in the lane is finished, no other admitted; restore the mains.",
        "Объект на полосе завершается, другие не впускаются; восстановите сетевое питание.",
        "Жолақтағы нысан аяқталады, басқасы кіргізілмейді; желілік қуатты қалпына келтіріңіз.",
    ),
    Fault.SOURCE_RESTING: FaultText(
        "Nothing; units are admitted again by themselves. `scanlane status` says when.",
        "Ничего; приём возобновится сам. `scanlane status` показывает, когда.",
        "Ештеңе; қабылдау өзі жалғасады. `scanlane status` қашан екенін көрсетеді.",
    ),
    Fault.SOURCE_WARMING: FaultText(
        "Nothing; units are admitted once it is warm. `scanlane status` says when.",
        "Ничего; приём начнётся после прогрева. `scanlane status` показывает, когда.",
        "Ештеңе; қабылдау қызғаннан кейін басталады. `scanlane status` қашан екенін көрсетеді.",
    ),
    Fault.SEASONING_DUE: FaultText(
        "Empty and secure the lane, turn the key to SERVICE, run `scanlane season`.",
        "Освободите и закройте полосу, поверните ключ в SERVICE, выполните `scanlane season`.",
        "Жолақты босатып, жабыңыз, кілтті SERVICE күйіне бұраңыз, `scanlane season` орындаңыз.",
    ),
    Fault.READER_LOST: FaultText(
        "Check the reader; units are held for identification meanwhile.",
        "Проверьте считыватель; до этого объекты задерживаются для опознания.",
        "Оқу құрылғысын тексеріңіз; оған дейін нысандар сәйкестендіру үшін тоқтатылады.",
    ),
    Fault.BROKER_LOST: FaultText(
        "Results wait in the outbox and go out by themselves.",
        "Результаты ждут в очереди и уйдут сами.",
        "Нәтижелер кезекте күтеді және өздері жіберіледі.",
    ),
    Fault.MANIFEST_REFUSED: FaultText(
        "Read the reason in the journal; headquarters sends it anew.",
        "Прочитайте причину в журнале; центр отправит манифест заново.",
        "Себебін журналдан оқыңыз; орталық манифесті қайта жібереді.",
    ),
    Fault.COMMAND_REFUSED: FaultText(
        "Read the reason in the response.",
        "Прочитайте причину в ответе.",
        "Себебін жауаптан оқыңыз.",
    ),
    Fault.IMAGE_LOST: FaultText(
        "The raw lines are kept; the inspection is recorded as not completed.",
        "Исходные строки сохранены; проверка записана как незавершённая.",
        "Бастапқы жолдар сақталды; тексеру аяқталмаған деп жазылды.",
    ),
}
# fmt: on
"""Every fault's remedy."""
