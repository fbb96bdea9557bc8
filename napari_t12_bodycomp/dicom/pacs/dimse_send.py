"""C-STORE of DICOM files, in the syntax that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import build_context
from pynetdicom.association import Association

from napari_t12_bodycomp.dicom.pacs.archive import Told
from napari_t12_bodycomp.dicom.pacs.association import answer, association
from napari_t12_bodycomp.dicom.pacs.outbox import kind_of
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import Node

_MAX_CONTEXTS = 128


def send(node: Node, files: Sequence[Path], told: Told) -> None:
    """Store `files`; an archive that has one already keeps it once."""
    kinds = {file: kind_of(file) for file in files}
    contexts = [build_context(UID(sop_class), UID(syntax)) for sop_class, syntax in dict.fromkeys(kinds.values())]
    if len(contexts) > _MAX_CONTEXTS:
        raise InputError(f"Files of at most {_MAX_CONTEXTS} kinds can be sent at once, these are {len(contexts)}: send fewer at a time.")
    with association(node, contexts) as link:
        taken = {(str(c.abstract_syntax), str(c.transfer_syntax[0])) for c in link.accepted_contexts if c.transfer_syntax}
        for count, file in enumerate(files, 1):
            if kinds[file] not in taken:
                sop_class, syntax = (UID(uid).name for uid in kinds[file])
                raise InputError(
                    f"The archive {node.name!r} does not take objects of the kind {sop_class!r} in {syntax!r}: {_sent(count - 1)}."
                )
            code = answer(_store(link, file, count, len(files)), node, "files were being sent")
            if code and code >> 12 != 0xB:  # 0xBxxx: stored, with a remark
                raise InputError(f"The archive {node.name!r} does not store file {count} of {len(files)} ({code:04X}): {_sent(count - 1)}.")
            told(count)


def _store(link: Association, file: Path, count: int, total: int) -> Dataset:
    """The archive's answer to one file."""
    try:
        return link.send_c_store(file)
    except ValueError as error:  # the object says that it is of another kind than its file says, or lacks its identity
        raise InputError(
            f"A DICOM file that agrees with its file meta information is wanted, file {count} of {total} does not: export it again; "
            f"{_sent(count - 1)}."
        ) from error


def _sent(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'} before it {'is' if count == 1 else 'are'} stored"
