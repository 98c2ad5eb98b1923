"""Device maps: the shipped ones hold, and every kind of mistake in a map is named with its key."""

import copy
import itertools
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device_map import load_device_map, parse_device_map
from drivers.device_map_model import DeviceMap, Table
from drivers.read_plan import decode_block, decode_field, encode_field, plan_reads
from edge.errors import Mistake
from tests.unit.drivers.device_bench import shipped_map

KINDS = ("altivar", "ez_array", "iologik", "linac_sim", "pnozmulti", "sinamics_v20", "ups_modbus")

GOOD = """
[device]
schema = 1
vendor = "Maker"
model = "Model"
source = "manual 1, p. 2"
max_read = 10
max_gap = 2
addressing = "wire"
min_silence_ms = 4
response_timeout_ms = 150
[watchdog]
kind = "comm-timeout"
source = "manual 1, p. 3"
prove = [ { field = "mode", in = ["ramp"] } ]
refresh_ms = 200
[[fields]]
name = "speed"
table = "holding"
address = 100
data_type = "INT16"
access = "rw"
group = "fast"
min = -1500
max = 1500
safe = 0
source = "manual 1, p. 4"
[[fields]]
name = "mode"
table = "input"
address = 7
data_type = "UINT16"
access = "r"
group = "slow"
values = { 0 = "ignore", 0x6 = "ramp" }
source = "manual 1, p. 5"
"""


def good() -> dict:
    return tomllib.loads(GOOD)


def mistakes(document: dict) -> list[Mistake]:
    found = parse_device_map(document, "maker.toml")
    assert isinstance(found, list), "the map was accepted"
    assert all(each.file == "maker.toml" and each.remedy for each in found)
    return found


def keys(document: dict) -> list[str]:
    return [each.key for each in mistakes(document)]


def changed(path: str, value: object) -> dict:
    document = good()
    *parents, last = path.split(".")
    at = document
    for part in parents:
        at = at[int(part)] if part.isdigit() else at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_maps_hold_and_give_a_source_for_every_number(kind):
    loaded = shipped_map(kind)
    assert loaded.device.source
    assert all(field.source for field in loaded.fields)
    assert loaded.vectors


def values_of(request: bytes, response: bytes) -> list[int]:
    """Registers or bits of a good answer, in the order of their addresses."""
    count = int.from_bytes(request[4:6], "big")
    assert response[:2] == request[:2]
    if request[1] in (1, 2):
        packed = int.from_bytes(response[3:], "little")
        assert response[2] == (count + 7) // 8 == len(response) - 3
        return [packed >> at & 1 for at in range(count)]
    assert response[2] == 2 * count == len(response) - 3
    return [int.from_bytes(response[3 + 2 * at : 5 + 2 * at], "big") for at in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_vectors_decode_to_what_they_expect(kind):
    loaded = shipped_map(kind)
    for vector in loaded.vectors:
        request = bytes.fromhex(vector.request)
        values = values_of(request, bytes.fromhex(vector.response))
        table = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}[request[1]]
        first = int.from_bytes(request[2:4], "big")
        for name, value in vector.expect.items():
            field = loaded.field(name)
            assert field.table is table
            assert decode_field(loaded, field, values[field.address - first :]) == value


def test_a_good_map_loads_and_hexadecimal_keys_are_numbers():
    loaded = parse_device_map(good(), "maker.toml")
    assert isinstance(loaded, DeviceMap)
    assert loaded.field("mode").values == {0: "ignore", 6: "ramp"}


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("device.source", None, "device.source"),
        ("device.max_read", 126, "device.max_read"),
        ("device.max_reed", 1, "device.max_reed"),
        ("device.schema", 2, "device.schema"),
        ("fields.0.source", None, "fields.0.source"),
        ("fields.0.colour", "red", "fields.0.colour"),
        ("fields.0.table", "holdings", "fields.0.table"),
        ("fields.0.address", "100", "fields.0.address"),
        ("fields.0.data_type", "INT8", "fields.0.data_type"),
        ("fields.0.safe", None, "fields.speed.safe"),
        ("fields.0.safe", 2000, "fields.speed.safe"),
        ("fields.0.min", 1501, "fields.speed.min"),
        ("fields.0.max", 40000, "fields.speed.max"),
        ("fields.0.table", "input", "fields.speed.access"),
        ("fields.0.address", 65536, "fields.speed.address"),
        ("fields.0.data_type", "BOOL", "fields.speed.data_type"),
        ("fields.0.bit", 3, "fields.speed.bit"),
        ("fields.0.bits", {"on": 16}, "fields.speed.bits.on"),
        ("fields.0.scale", 0.1, "fields.speed.unit"),
        ("fields.0.bits", {"on": 0}, "fields.speed.bits"),
        ("fields.1.data_type", "FLOAT32", "fields.mode.values"),
        ("fields.1.data_type", "UINT32", "device.byte_order"),
        ("fields.1.values", {"70000": "ramp"}, "fields.mode.values.70000"),
        ("fields.1.values", {"1": "ramp", "2": "ramp"}, "fields.mode.values"),
        ("fields.1.name", "speed", "fields.speed.name"),
        ("watchdog", None, "watchdog"),
        ("watchdog.source", None, "watchdog.source"),
        ("watchdog.prove", [], "watchdog.prove"),
        ("watchdog.prove", None, "watchdog.prove"),
        ("watchdog.kind", "none", "watchdog.prove"),
        ("watchdog.prove", [{"field": "tto", "max": 3}], "watchdog.prove.0.field"),
        ("watchdog.prove", [{"field": "mode"}], "watchdog.prove.0"),
        ("watchdog.prove", [{"field": "mode", "in": ["fast"]}], "watchdog.prove.0"),
    ],
)
def test_each_mistake_is_named_by_its_key(path, value, key):
    assert key in keys(changed(path, value))


def test_overlapping_fields_are_named_both():
    document = changed("device.byte_order", "ABCD")
    other = dict(document["fields"][0], name="ramp", address=99, data_type="UINT32")
    other.pop("min")
    document["fields"].append(other)
    (found,) = mistakes(document)
    assert found.key == "fields.ramp.address"
    assert "speed" in found.reason


def test_a_field_that_cannot_be_read_cannot_be_verified_by_reading():
    document = changed("fields.0.verify", "readback")
    assert isinstance(parse_device_map(copy.deepcopy(document), "maker.toml"), DeviceMap)
    document["fields"][0]["access"] = "w"
    assert keys(document) == ["fields.speed.verify"]


def test_a_named_bit_may_not_be_published_under_the_name_of_a_field():
    document = good()
    plain = {key: value for key, value in document["fields"][1].items() if key != "values"}
    document["fields"] += [
        dict(plain, name="state", address=8, bits={"open": 3}),
        dict(plain, name="state_open", address=9),
    ]
    assert keys(document) == ["fields.state.bits"]


def test_single_bits_share_a_register_but_not_a_bit():
    document = good()
    bit = dict(document["fields"][1], address=8, values={})
    document["fields"] += [dict(bit, name="a", bit=0), dict(bit, name="b", bit=1)]
    assert isinstance(parse_device_map(copy.deepcopy(document), "maker.toml"), DeviceMap)
    document["fields"].append(dict(bit, name="c", bit=0, width=2))
    assert [each.reason for each in mistakes(document)] == [
        "overlaps the field a",
        "overlaps the field b",
    ]


def test_all_mistakes_are_told_at_once():
    document = changed("fields.0.safe", None)
    document["fields"][1]["address"] = 70000
    del document["watchdog"]
    assert set(keys(document)) == {"fields.speed.safe", "fields.mode.address", "watchdog"}


def test_modicon_numbers_become_wire_addresses():
    document = changed("device.addressing", "modicon5")
    document["fields"][0]["address"] = 40101
    document["fields"][1]["address"] = 30008
    loaded = parse_device_map(document, "maker.toml")
    assert isinstance(loaded, DeviceMap)
    assert (loaded.field("speed").address, loaded.field("mode").address) == (100, 7)


def test_a_modicon_number_below_its_table_is_a_mistake():
    assert "fields.speed.address" in keys(changed("device.addressing", "modicon5"))


def test_a_file_that_is_missing_or_no_toml_is_one_mistake(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[device")
    for path in (broken, tmp_path / "absent.toml"):
        found = load_device_map(path)
        assert isinstance(found, list)
        assert [each.file for each in found] == [str(path)]


@pytest.mark.parametrize(
    ("order", "registers"),
    [
        ("ABCD", [0x1122, 0x3344]),
        ("CDAB", [0x3344, 0x1122]),
        ("BADC", [0x2211, 0x4433]),
        ("DCBA", [0x4433, 0x2211]),
    ],
)
def test_32_bit_values_are_put_together_in_every_byte_order(order, registers):
    document = changed("device.byte_order", order)
    document["fields"][1] |= {"data_type": "UINT32", "group": "fast"}
    loaded = parse_device_map(document, "maker.toml")
    assert isinstance(loaded, DeviceMap)
    block = next(each for each in plan_reads(loaded, "fast") if each.table is Table.INPUT)
    assert decode_block(loaded, block, registers) == {"mode": 0x11223344}
    assert (block.address, block.count) == (7, 2)


def test_the_safety_controller_is_read_with_two_requests():
    blocks = plan_reads(shipped_map("pnozmulti"), "fast")
    assert [(each.address, each.count) for each in blocks] == [(512, 3), (2048, 1)]


@settings(deadline=None, max_examples=200, derandomize=True)
@given(
    st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]),
    st.one_of(
        st.tuples(st.just("UINT32"), st.integers(0, 0xFFFFFFFF)),
        st.tuples(st.just("INT32"), st.integers(-0x80000000, 0x7FFFFFFF)),
        st.tuples(st.just("FLOAT32"), st.floats(allow_nan=False, width=32)),
        st.tuples(st.just("INT16"), st.integers(-0x8000, 0x7FFF)),
        st.tuples(st.just("UINT16"), st.integers(0, 0xFFFF)),
    ),
)
def test_what_is_encoded_is_decoded_again_in_every_byte_order(order, typed):
    data_type, value = typed
    document = changed("device.byte_order", order)
    document["fields"][1] |= {"data_type": data_type, "values": {}}
    document["watchdog"]["prove"] = [{"field": "mode", "min": 1}]
    loaded = parse_device_map(document, "maker.toml")
    assert isinstance(loaded, DeviceMap)
    field = loaded.field("mode")
    assert decode_field(loaded, field, encode_field(loaded, field, value)) == value


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    st.sets(st.integers(0, 300), min_size=1, max_size=40),
    st.integers(1, 125),
    st.integers(0, 124),
)
def test_a_plan_reads_every_field_once_within_the_limits(addresses, max_read, max_gap):
    document = good()
    document["device"] |= {"max_read": max_read, "max_gap": max_gap}
    document["fields"] += [
        {
            "name": f"f{address}",
            "table": "input",
            "address": 1000 + address,
            "data_type": "UINT16",
            "access": "r",
            "group": "once",
            "source": "made up",
        }
        for address in addresses
    ]
    loaded = parse_device_map(document, "maker.toml")
    assert isinstance(loaded, DeviceMap)
    blocks = plan_reads(loaded, "once")
    read = [field.address - 1000 for block in blocks for field in block.fields]
    assert sorted(read) == sorted(addresses)
    for block in blocks:
        ends = [field.address for field in block.fields]
        assert block.count <= max_read
        assert (block.address, block.address + block.count - 1) == (min(ends), max(ends))
        gaps = [later - sooner - 1 for sooner, later in itertools.pairwise(ends)]
        assert all(gap <= max_gap for gap in gaps)


def test_how_addresses_are_written_has_no_default():
    assert keys(changed("device.addressing", None)) == ["device.addressing"]
