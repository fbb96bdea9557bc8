"""A manifest is read and checked as a whole, before any work starts: every bad row is named by its line."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.case_list import BadRow
from napari_t12_bodycomp.model.manifest import PROTOCOL_COLUMNS, ManifestCase, column_names, manifest_case

_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose rows are all good.

    Parameters
    ----------
    folder : Path
        Where relative paths begin: the manifest's own folder.
    other_columns : tuple of str
        Columns without a meaning here, which are carried along.
    protocol : dict
        What its protocol columns say, by their names; the same on every row.
    """

    folder: Path
    cases: tuple[ManifestCase, ...]
    other_columns: tuple[str, ...]
    protocol: dict[str, str]

    def place(self, path: str) -> Path:
        """`path` of a cell as an absolute path; one that was written with backslashes elsewhere is understood."""
        place = Path(self.folder, path)
        if "\\" in path and not place.exists():
            place = Path(self.folder, path.replace("\\", "/"))
        return place.absolute()


@dataclass(frozen=True, slots=True)
class BadManifest:
    """What is wrong with a manifest, line by line."""

    bad: tuple[BadRow, ...]

    def sentence(self) -> str:
        """The first bad row, and how many there are."""
        first, n = self.bad[0], len(self.bad)
        more = "" if n == 1 else f" ({n - 1} more bad {'row' if n == 2 else 'rows'}: --dry-run names all.)"
        return f"Line {first.line} of the manifest: {first.sentence}{more}"


def read_manifest(file: str | Path) -> Manifest | BadManifest:
    """Read the manifest `file`: CSV with commas, or with semicolons or tabs as spreadsheets write it, where numbers may have a decimal comma.

    Raises
    ------
    InputError
        Where there is no such file, or it is no table in UTF-8.
    """
    text = _text_of(Path(file))
    lines = text.splitlines(keepends=True)
    skipped = 1 if lines and lines[0].strip().strip('"').lower() in {f"sep={s}" for s in _SEPARATORS} else 0
    head = lines[skipped] if len(lines) > skipped else ""
    separator = max(_SEPARATORS, key=head.count)
    try:
        reader = csv.reader(io.StringIO("".join(lines[skipped:]), newline=""), delimiter=separator, strict=True)
        header = next(reader, [])
        rows = [(reader.line_num + skipped, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return BadManifest((BadRow(reader.line_num + skipped, f"A line of a CSV table is wanted, this one cannot be read ({error})."),))
    while header and not header[-1].strip() and all(len(row) < len(header) or not row[len(header) - 1].strip() for _, row in rows):
        header = header[:-1]  # columns that a spreadsheet left empty on the right
    try:
        names = column_names(header)
    except UsageError as error:
        return BadManifest((BadRow(1 + skipped, str(error)),))
    return _checked(Path(file).absolute().parent, names, iter(rows), separator != ",")


def _text_of(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"A manifest is wanted, {file} cannot be read ({error.strerror}): check the path.") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"A table in UTF-8 is wanted, {file} is in UTF-16: save it as CSV UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"A table in UTF-8 is wanted, line {line} of {file} has a letter in another encoding: save it as CSV UTF-8."
        ) from error


def _checked(folder: Path, names: list[str], rows: Iterator[tuple[int, list[str]]], has_decimal_comma: bool) -> Manifest | BadManifest:
    cases: list[ManifestCase] = []
    bad: list[BadRow] = []
    seen: dict[str, tuple[int, str]] = {}
    for line, cells in rows:
        try:
            by_name = _by_name(names, cells)
            _refuse_known(seen, line, by_name["case_id"])
            case = manifest_case(line, by_name, has_decimal_comma)
            if cases and case.protocol != cases[0].protocol:
                _refuse_mixture(cases[0], case)
        except UsageError as error:
            bad.append(BadRow(line, str(error)))
        else:
            cases.append(case)
    if not cases and not bad:
        bad.append(BadRow(1, "A row for each case is wanted, the manifest holds none."))
    if bad:
        return BadManifest(tuple(bad))
    others = tuple(name for name in names if name in cases[0].others)
    return Manifest(folder, tuple(cases), others, dict(cases[0].protocol))


def _by_name(names: list[str], cells: list[str]) -> dict[str, str]:
    while len(cells) > len(names) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(names):
        raise UsageError(f"{len(names)} cells are wanted, as the header has, {len(cells)} came: check separators and quotes.")
    return dict(zip(names, (cell.strip() for cell in cells), strict=True))


def _refuse_known(seen: dict[str, tuple[int, str]], line: int, case_id: str) -> None:
    earlier, known = seen.setdefault(case_id.casefold(), (line, case_id)) if case_id else (line, "")
    if earlier == line:
        return
    if known == case_id:
        raise UsageError(f"A new case_id is wanted, {case_id!r} stands on line {earlier} already.")
    raise UsageError(
        f"A new case_id is wanted, {case_id!r} differs from {known!r} on line {earlier} in capital letters only, which file names may not."
    )


def _refuse_mixture(first: ManifestCase, case: ManifestCase) -> None:
    name = next(n for n in PROTOCOL_COLUMNS if case.protocol.get(n) != first.protocol.get(n))
    raise UsageError(
        f"One protocol for one table is wanted, {name} is {case.protocol.get(name, 'empty')!r} here and "
        f"{first.protocol.get(name, 'empty')!r} on line {first.line}: give each protocol a manifest and a directory of its own."
    )
