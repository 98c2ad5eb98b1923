"""Signs files of the law for the lanes: one voucher a file, named by the hash of its bytes."""

import json
from pathlib import Path

from edge.clock import Clock, rfc3339
from edge.errors import PublishError
from edge.evidence.vouching import name_of, voucher
from headquarters.keys import HeadquartersKey


def law_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and every table and lexicon of the folders named."""
    found: list[Path] = []
    for path in paths:
        folders = (path, path / "words") if path.is_dir() else ()
        found.extend(file for folder in folders for file in sorted(folder.glob("*.toml")))
        found.extend([] if path.is_dir() else [path])
    return found


def sign_law(key: HeadquartersKey, files: list[Path], into: Path, clock: Clock) -> list[Path]:
    """Write the voucher of every file into a folder; return the vouchers. Raises PublishError."""
    written = []
    try:
        into.mkdir(parents=True, exist_ok=True)
        for file in files:
            data = file.read_bytes()
            envelope = key.sign(voucher(data, file=file.name, signed=rfc3339(clock.utc())))
            place = into / f"{name_of(data)}.json"
            place.write_text(json.dumps(envelope, indent=2) + "\n", encoding="utf-8")
            written.append(place)
    except OSError as error:
        raise PublishError(
            f"{error.filename}: cannot be read or written: {error.strerror}; name files of the "
            "law, and a folder that can be written"
        ) from error
    return written
