"""An approved result of a study goes to an archive, as DICOM beside its scan."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.pacs import Node
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.case_view import case_by_id
from napari_t12_bodycomp.workflow.pacs import open_archive, send_files
from napari_t12_bodycomp.workflow.pacs_secrets import Ask
from napari_t12_bodycomp.workflow.study_dicom import case_dicom_results


def send_approved(store: StudyStore, case_id: int, node: Node, ask: Ask | None = None, progress: Progress = no_progress) -> int:
    """Send segmentations, report and picture of an approved case to the archive at `node`; how many objects. Sent again, they stay the same.

    Raises
    ------
    Refused
        Where the case is not approved.
    InputError
        Where its scan is not there or is no DICOM, or the archive does not take what is sent.
    """
    case = case_by_id(store, case_id)
    if case.state is not CaseState.APPROVED:
        raise Refused(f"An approved case is wanted, {case.pseudonym!r} is {case.state.value}: results are sent once it is approved.")
    archive = open_archive(node, ask)
    _, files = case_dicom_results(store, case_id)
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return send_files(archive, [Path(folder)], progress)
