"""An archive over DIMSE (pynetdicom): C-ECHO and C-FIND here, retrieval and sending next door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import build_context

from napari_t12_bodycomp.dicom.pacs import dimse_retrieve, dimse_send
from napari_t12_bodycomp.dicom.pacs.archive import Keep, Told
from napari_t12_bodycomp.dicom.pacs.association import FIND, VERIFICATION, answer, association
from napari_t12_bodycomp.dicom.pacs.found import SAMPLE_KEYWORDS, SERIES_KEYWORDS, STUDY_KEYWORDS, found_series, found_study
from napari_t12_bodycomp.dicom.pacs.matching import matching_studies
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, FoundSeries, FoundStudy, Instance, Node, Stop, StudyQuery

_PENDING = (0xFF00, 0xFF01)
_CANCELLED = 0xFE00
_UNICODE = "ISO_IR 192"


class DimseArchive:
    """The `Archive` at a DIMSE node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def echo(self) -> str:
        with association(self._node, [build_context(VERIFICATION)]) as link:
            code = answer(link.send_c_echo(), self._node, "it was asked whether it is there")
        if code:
            raise InputError(f"The archive {self._node.name!r} answers, but reports a fault ({code:04X}): ask its administrators.")
        safe = " over TLS" if self._node.tls is not None else ""
        return f"The archive {self._node.name!r} answers at {self._node.address}{safe}."

    def find_studies(self, query: StudyQuery) -> list[FoundStudy]:
        return matching_studies(self._studies, query, str.isascii)

    def _studies(self, query: StudyQuery) -> list[FoundStudy]:
        wanted = _identifier("STUDY", STUDY_KEYWORDS)
        wanted.PatientID, wanted.StudyDate, wanted.StudyDescription = query.patient_id, query.dates, query.description
        wanted.ModalitiesInStudy = query.modality
        return [found_study(one) for one in self._find(wanted, MOST_STUDIES + 1)]

    def find_series(self, study_uid: str) -> list[FoundSeries]:
        wanted = _identifier("SERIES", SERIES_KEYWORDS)
        wanted.StudyInstanceUID = study_uid
        return [found_series(one, study_uid) for one in self._find(wanted)]

    def sample(self, series: FoundSeries, number: int | None = None) -> Dataset | None:
        wanted = _identifier("IMAGE", SAMPLE_KEYWORDS)
        wanted.InstanceNumber = number
        wanted.StudyInstanceUID, wanted.SeriesInstanceUID = series.study_instance_uid, series.series_instance_uid
        found = self._find(wanted, limit=1)
        return found[0] if found else None

    def instances(self, study_uid: str, series_uid: str) -> list[Instance]:
        wanted = _identifier("IMAGE", ("SOPInstanceUID", "SOPClassUID"))
        wanted.StudyInstanceUID, wanted.SeriesInstanceUID = study_uid, series_uid
        found = ((str(one.get("SOPInstanceUID", "")), str(one.get("SOPClassUID", ""))) for one in self._find(wanted))
        return [Instance(uid, sop_class) for uid, sop_class in dict(found).items() if uid]

    def fetch(self, study_uid: str, series_uid: str, wanted: Sequence[Instance], whole: bool, keep: Keep, stop: Stop) -> None:
        dimse_retrieve.fetch(self._node, study_uid, series_uid, wanted, whole, keep, stop)

    def send(self, files: Sequence[Path], told: Told) -> None:
        dimse_send.send(self._node, files, told)

    def _find(self, wanted: Dataset, limit: int = 0) -> list[Dataset]:
        """All matches, or the first `limit` of them; an archive that does not read Unicode is asked without, and finds nothing by it."""
        found, code = self._answers(wanted, limit)
        if code not in (0, _CANCELLED):
            if not _is_ascii(wanted):
                return []
            del wanted.SpecificCharacterSet
            found, code = self._answers(wanted, limit)
        if code not in (0, _CANCELLED):
            raise InputError(
                f"The archive {self._node.name!r} refuses the search ({code:04X}): search for something narrower, or ask its administrators."
            )
        return found

    def _answers(self, wanted: Dataset, limit: int) -> tuple[list[Dataset], int]:
        """The first `limit` matches (0: all), after which the archive is told to stop, and the final status."""
        found: list[Dataset] = []
        code = 0
        with association(self._node, [build_context(FIND)]) as link:
            for status, one in link.send_c_find(wanted, FIND):
                code = answer(status, self._node, "it was searching")
                if code in _PENDING and one is not None and (not limit or len(found) < limit):
                    found.append(one)
                    if len(found) == limit:
                        link.send_c_cancel(1, query_model=FIND)
        return found, code


def _is_ascii(wanted: Dataset) -> bool:
    return all(str(element.value).isascii() for element in wanted)


def _identifier(level: str, keywords: Iterable[str]) -> Dataset:
    """A C-FIND identifier that asks for `keywords`, whatever their values."""
    identifier = Dataset()
    identifier.SpecificCharacterSet = _UNICODE
    identifier.QueryRetrieveLevel = level
    for keyword in keywords:
        setattr(identifier, keyword, None)
    return identifier
