"""Which files can be sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info

from napari_t12_bodycomp.dicom.archive import FileSource, is_dicom, open_sources
from napari_t12_bodycomp.dicom.headers import DICOMDIR
from napari_t12_bodycomp.errors import InputError


def dicom_files(paths: Iterable[Path]) -> list[Path]:
    """Every DICOM file among `paths` and below the folders among them, each once.

    Raises
    ------
    InputError
        Where there is none, or one of `paths` does not exist or is an archive.
    """
    found: dict[Path, None] = {}
    for path in paths:
        with open_sources(path) as sources:
            for source in sources:
                if not isinstance(source, FileSource):
                    raise InputError(f"DICOM files or folders of them are wanted, {path.name!r} is an archive: unpack it first.")
                file = Path(source.path)
                if is_dicom(source) and kind_of(file)[0] != DICOMDIR:
                    found[file] = None
    if not found:
        raise InputError("DICOM files are wanted, none is there: give files, or folders that hold some.")
    return list(found)


def kind_of(file: Path) -> tuple[str, str]:
    """SOP class and transfer syntax of a DICOM file."""
    try:
        meta = read_file_meta_info(file)
        return str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)
    except (InvalidDicomError, AttributeError, OSError, EOFError, ValueError) as error:
        raise InputError(f"A DICOM file with its file meta information is wanted, {file.name!r} has none: export it again.") from error
