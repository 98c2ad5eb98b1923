"""The generator driver: golden frames, and a generator written here from the table of the XRV."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.spellman import Spellman, SpellmanSettings
from drivers.spellman_frames import MAX_FRAME_BYTES, Answer, AnswerParser, checksum, encode
from edge.core.values import Input
from edge.errors import DeviceError, DeviceRefused, DeviceTimeout, DeviceUnreachable
from tests.unit.drivers.driver_bench import Remembering, now_ns, run, stopped


class Tube:
    """A generator as seen from the line; it shares no code with the driver."""

    def __init__(self) -> None:
        self.summed = True
        self.answers = {
            "26": "XRV160N3950",
            "28": "160,10,0",
            "22": "0,1,1,1,0,0,0,0,0,0,1,0,0,0,0,1,1",
            "19": "0,0,0,0,0,0,0,0",
            "68": ",".join(["0"] * 27),
            **dict.fromkeys(("10", "11", "31", "98", "99"), "$"),
        }
        self.held = {"14": "0", "15": "0"}
        self.heard: list[str] = []
        self.mute: set[str] = set()
        self.spoilt: set[str] = set()
        self.delay_s: dict[str, float] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = (await reader.readuntil(b"\x03"))[1:-1]
                text = (frame[:-1] if self.summed else frame).decode("ascii")
                self.heard.append(text)
                command, _, rest = text.partition(",")
                if command in ("10", "11"):
                    self.held[{"10": "14", "11": "15"}[command]] = rest.rstrip(",")
                if command in self.mute:
                    continue
                # An answer that comes late says what was so when it was asked for.
                answer = self.frame(command)
                await asyncio.sleep(self.delay_s.get(command, 0))
                writer.write(answer)
        except asyncio.IncompleteReadError:
            writer.close()

    def frame(self, command: str) -> bytes:
        said = f"{command},{self.held.get(command) or self.answers[command]},"
        total = sum(said.encode("ascii"))
        tail = chr((0x100 - total % 0x100) % 0x80 % 0x40 + 0x40)
        if command in self.spoilt:
            tail = chr((ord(tail) + 1) % 0x40 + 0x40)
        return f"\x02{said}{tail if self.summed else ''}\x03".encode("ascii")


class Scene:
    def __init__(self) -> None:
        self.tube = Tube()
        self.sink = Remembering()
        self.alive = True
        self.framing = "rs232"
        self.driver: Spellman

    async def play(self, act: Callable[["Scene"], Awaitable[None]]) -> None:
        self.tube.summed = self.framing == "rs232"
        server = await asyncio.start_server(self.tube.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.driver = Spellman(
            name="source",
            settings=SpellmanSettings.model_validate(
                {"port": f"socket://127.0.0.1:{port}", "series": "XRV", "framing": self.framing}
            ),
            sink=self.sink,
            alive=lambda: self.alive,
            now_ns=now_ns,
        )
        task = asyncio.create_task(self.driver.run())
        await asyncio.sleep(0.5)
        await act(self)
        await stopped(task)
        await asyncio.sleep(0.1)
        server.close()
        await server.wait_closed()

    def perform(self, act: Callable[["Scene"], Awaitable[None]]) -> "Scene":
        run(lambda: self.play(act))
        return self


async def wait(scene: Scene) -> None:
    await asyncio.sleep(1)


def test_the_frame_of_the_manual() -> None:
    # V6 manual: command 10, argument 4095.
    golden = bytes.fromhex("02 31 30 2C 34 30 39 35 2C 75 03")
    assert encode("10", "4095", summed=True) == golden
    assert AnswerParser(summed=True).feed(golden) == [Answer("10", ("4095",))]
    assert encode("10", "4095", summed=False) == golden[:-2] + b"\x03"


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_a_checksum_is_never_a_control_byte(text: bytes) -> None:
    assert 0x40 <= checksum(text) <= 0x7F
    assert (sum(text) + checksum(text)) % 0x40 == 0


@given(st.binary(max_size=600), st.integers(1, 20))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_any_noise_leaves_the_next_answer_whole(noise: bytes, cut: int) -> None:
    parser = AnswerParser(summed=True)
    stream = noise + encode("22", "1", summed=True)
    found = []
    for start in range(0, len(stream), cut):
        found += parser.feed(stream[start : start + cut])
        assert len(parser._partial or b"") <= MAX_FRAME_BYTES
    assert found[-1] == Answer("22", ("1",))


@pytest.mark.parametrize("framing", ["rs232", "tcp"])
def test_each_poll_publishes_every_field_in_the_words_of_the_core(framing: str) -> None:
    scene = Scene()
    scene.framing = framing
    scene.tube.answers["19"] = "3412,1706,0,0,0,0,0,0"
    scene.perform(wait)
    last = scene.sink.last
    assert last("source.hv") is Input.OK
    assert last("source.ready") is Input.OK
    assert last("source.interlock") is Input.OK
    assert last("source.source_fault") is Input.OK
    # 3412 of 4095 with 20 % overrange at 160 kV full scale.
    assert last("source.kv") == pytest.approx(159.977, abs=0.001)
    assert last("source.ma") == pytest.approx(4.9993, abs=0.001)
    assert scene.sink.events == []
    assert len(scene.sink.all("source.hv")) >= 10


def test_hv_and_open_interlocks_and_faults_are_blocked() -> None:
    scene = Scene()
    scene.tube.answers["22"] = "1,0,1,1,1,0,0,0,0,0,1,0,0,0,0,0,1"
    scene.tube.answers["68"] = ",".join("1" if place in (11, 21) else "0" for place in range(27))
    scene.perform(wait)
    last = scene.sink.last
    assert last("source.hv") is Input.BLOCKED
    assert last("source.ready") is Input.BLOCKED
    assert last("source.interlock") is Input.BLOCKED
    assert (last("source.interlock_1"), last("source.interlock_2")) == (Input.BLOCKED, Input.OK)
    assert last("source.source_fault") is Input.BLOCKED
    assert last("source.fault_names") == "anode_arc,watchdog"
    (said,) = {one.detail for one in scene.sink.readings if one.source == "source.source_fault"}
    assert said == "anode_arc,watchdog"


@pytest.mark.parametrize(
    ("command", "answer", "says"),
    [("26", "SLM50", "no XRV"), ("28", "225,10,0", "full scale is 225")],
)
def test_another_generator_than_the_lane_file_says_is_refused(
    command: str, answer: str, says: str
) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(DeviceUnreachable):
            await scene.driver.hv_on()

    scene = Scene()
    scene.tube.answers[command] = answer
    scene.perform(act)
    assert says in scene.sink.losses[0]
    assert scene.sink.events == ["lost"]
    assert scene.sink.last("source.hv") is Input.UNKNOWN


def test_set_points_are_scaled_and_read_back() -> None:
    async def act(scene: Scene) -> None:
        await scene.driver.prepare(kv=120.0, ma=5.0)

    scene = Scene().perform(act)
    assert scene.tube.held == {"14": "3071", "15": "2048"}
    assert "99,1," not in scene.tube.heard


def test_a_set_point_that_reads_back_differently_is_refused() -> None:
    async def act(scene: Scene) -> None:
        scene.tube.held = _Stuck({"15": "2047", "14": "3071"})
        with pytest.raises(DeviceRefused, match="set 2048, command 15 reads 2047"):
            await scene.driver.prepare(kv=120.0, ma=5.0)

    Scene().perform(act)


class _Stuck(dict[str, str]):
    """Set points that cannot be changed."""

    def __setitem__(self, key: str, value: str) -> None:
        assert key in self


@pytest.mark.parametrize(("kv", "ma"), [(161.0, 1.0), (-1.0, 1.0), (100.0, 10.1)])
def test_set_points_out_of_range_never_reach_the_line(kv: float, ma: float) -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(DeviceRefused, match="is not in 0-"):
            await scene.driver.prepare(kv=kv, ma=ma)

    assert not any(text.startswith("10,") for text in Scene().perform(act).tube.heard)


def test_a_generator_in_local_is_taken_to_remote_or_refused() -> None:
    async def act(scene: Scene) -> None:
        with pytest.raises(DeviceRefused, match="stays in local"):
            await scene.driver.prepare(kv=100.0, ma=1.0)

    scene = Scene()
    scene.tube.answers["22"] = "0,1,1,1,0,1,0,0,0,0,1,0,0,0,0,1,1"
    scene.perform(act)
    assert "99,1," in scene.tube.heard


def test_a_refused_order_is_an_error_that_says_the_code() -> None:
    async def act(scene: Scene) -> None:
        scene.tube.answers["98"] = "!,7"
        with pytest.raises(DeviceRefused, match="!,7"):
            await scene.driver.hv_on()

    Scene().perform(act)


def test_hv_off_overtakes_what_waits_and_ends_it() -> None:
    outcomes: list[object] = []

    async def act(scene: Scene) -> None:
        scene.tube.delay_s["10"] = 0.2
        waiting = [
            asyncio.create_task(scene.driver.prepare(kv=100.0, ma=1.0)),
            asyncio.create_task(scene.driver.hv_on()),
        ]
        await asyncio.sleep(0.1)
        await scene.driver.hv_off()
        outcomes.extend(await asyncio.gather(*waiting, return_exceptions=True))

    scene = Scene().perform(act)
    assert len(outcomes) == 2
    assert all(isinstance(outcome, DeviceRefused) for outcome in outcomes)
    assert "98,1," not in scene.tube.heard
    assert scene.tube.heard[scene.tube.heard.index("10,2559,") + 1] == "98,0,"


def test_hv_off_is_repeated_before_it_is_given_up() -> None:
    async def act(scene: Scene) -> None:
        scene.tube.mute.add("98")
        with pytest.raises(DeviceTimeout):
            await scene.driver.hv_off()

    assert Scene().perform(act).tube.heard.count("98,0,") >= 3


@pytest.mark.parametrize("harm", ["mute", "spoilt"])
def test_no_answer_and_a_damaged_answer_are_the_same_doubt(harm: str) -> None:
    async def act(scene: Scene) -> None:
        getattr(scene.tube, harm).add("22")
        await asyncio.sleep(5)
        assert scene.sink.last("source.hv") is Input.UNKNOWN
        getattr(scene.tube, harm).clear()
        await asyncio.sleep(8)

    scene = Scene().perform(act)
    assert scene.sink.events == ["lost", "back"]
    assert scene.sink.last("source.hv") is Input.OK


@pytest.mark.parametrize("late_s", [0.31, 0.36, 0.45, 0.6, 0.75, 0.88])
def test_a_late_answer_is_not_taken_for_the_next_one(late_s: float) -> None:
    async def act(scene: Scene) -> None:
        scene.tube.delay_s["22"] = late_s
        await asyncio.sleep(0.2)
        scene.tube.delay_s.clear()
        scene.tube.answers["22"] = "1,1,1,1,0,0,0,0,0,0,1,0,0,0,0,1,1"
        scene.sink.readings.clear()
        await asyncio.sleep(4)

    readings = Scene().perform(act).sink
    assert Input.OK not in readings.all("source.hv")[1:]
    assert readings.last("source.hv") is Input.BLOCKED


def test_polls_stop_while_the_lane_logic_is_dead_and_hv_off_still_works() -> None:
    heard: list[int] = []

    async def act(scene: Scene) -> None:
        scene.alive = False
        await asyncio.sleep(0.5)
        heard.append(len(scene.tube.heard))
        await asyncio.sleep(3)
        heard.append(len(scene.tube.heard))
        with pytest.raises(DeviceRefused, match="not alive"):
            await scene.driver.hv_on()
        await scene.driver.hv_off()

    scene = Scene().perform(act)
    assert heard[0] == heard[1]
    assert "98,0," in scene.tube.heard


def test_the_last_word_of_a_cancelled_driver_is_hv_off() -> None:
    async def act(scene: Scene) -> None:
        await scene.driver.hv_on()

    scene = Scene().perform(act)
    assert "98,1," in scene.tube.heard
    assert scene.tube.heard[-1] == "98,0,"


def test_flags_that_are_no_flags_are_doubt() -> None:
    scene = Scene()
    scene.tube.answers["22"] = "0,1,1"
    scene.perform(wait)
    assert scene.sink.last("source.hv") is Input.UNKNOWN
    assert isinstance(DeviceRefused("a", "b", "c"), DeviceError)
