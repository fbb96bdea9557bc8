"""``pacs echo`` and ``pacs find``: whether an archive answers, its studies, and the series of one of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from napari_t12_bodycomp.cli_pacs.desk import Answer, aligned, archive_of, command
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, FoundStudy, StudyQuery, anywhere
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.series import SeriesList


def add_commands(commands: Any) -> None:
    """Declare them."""
    command(commands, "echo", "Ask whether an archive answers.", _echo).add_argument("node", metavar="NODE")
    find = command(commands, "find", "Search for studies; of one study, list the series and say which to prefer.", _find)
    find.add_argument("node", metavar="NODE")
    find.add_argument("--patient-id", metavar="ID", default="", help="* and ? stand for any characters, here and below")
    find.add_argument("--date", metavar="FROM-TO", default="", help="YYYYMMDD, YYYYMMDD-YYYYMMDD, or open at one end")
    find.add_argument("--description", metavar="TEXT", default="", help="a part of the study's description")
    find.add_argument("--modality", metavar="CT", default="")
    find.add_argument("--study", metavar="UID", default="", help="list the series of this study")


def _echo(args: argparse.Namespace, progress: Progress) -> Answer:
    sentence = archive_of(args).echo()
    return {"message": sentence}, sentence


def _find(args: argparse.Namespace, progress: Progress) -> Answer:
    from napari_t12_bodycomp.workflow.pacs import find_studies, offered_series

    archive = archive_of(args)
    if args.study:
        found = offered_series(archive, args.study, progress)
        progress(1.0, "")
        return _series_facts(found), _series_text(found)
    start, end = _dates(args.date)
    query = StudyQuery(args.patient_id.strip(), start, end, anywhere(args.description), args.modality.strip().upper())
    studies = find_studies(archive, query)
    answer: dict[str, Any] = {"studies": [asdict(study) for study in studies[:MOST_STUDIES]], "has_more": len(studies) > MOST_STUDIES}
    text = _studies_text(studies[:MOST_STUDIES])
    if answer["has_more"]:
        text += f"\n\nMore match than these {MOST_STUDIES}: search for something narrower."
    if len(studies) == 1:
        found = offered_series(archive, studies[0].study_instance_uid, progress)
        progress(1.0, "")
        answer |= _series_facts(found)
        text += "\n\n" + _series_text(found)
    return answer, text


def _dates(text: str) -> tuple[str, str]:
    """First and last day of ``FROM-TO``; dates may hold hyphens themselves."""
    digits = "".join(c for c in text if c.isdigit())
    if not text:
        return "", ""
    if len(digits) == 16:
        return digits[:8], digits[8:]
    if len(digits) == 8:
        return (digits, "") if text.endswith("-") else ("", digits) if text.startswith("-") else (digits, digits)
    raise UsageError(f"A date as YYYYMMDD or a range as YYYYMMDD-YYYYMMDD is wanted, {text!r} came.")


def _studies_text(studies: Sequence[FoundStudy]) -> str:
    if not studies:
        return "The archive has no study that matches."
    head = ("patient ID", "date", "description", "modalities", "series", "images", "study UID")
    rows = [
        (s.patient_id, s.study_date, s.description, ", ".join(s.modalities), _count(s.n_series), _count(s.n_images), s.study_instance_uid)
        for s in studies
    ]
    return aligned([head, *rows])


def _series_facts(found: SeriesList) -> dict[str, Any]:
    names = (
        "series_instance_uid",
        "study_instance_uid",
        "description",
        "modality",
        "n_slices",
        "slice_thickness_mm",
        "kernel",
        "orientation",
    )
    series = [{name: getattr(o, name) for name in names} | {"refusal": o.refusal, "why": o.why} for o in found.offers]
    return {"series": series, "chosen": found.chosen.series_instance_uid if found.chosen else None, "reason": found.reason}


def _series_text(found: SeriesList) -> str:
    head = ("", "description", "modality", "images", "thickness", "series UID")
    rows = [
        (
            ">" if o is found.chosen else "",
            o.description or "-",
            o.modality,
            str(o.n_slices),
            f"{o.slice_thickness_mm:g} mm" if o.slice_thickness_mm else "",
            o.series_instance_uid,
        )
        for o in found.offers
    ]
    refused = [f"  {o.description or 'series without a description'}: {o.refusal}" for o in found.offers if o.refusal]
    parts = [aligned([head, *rows]), found.reason]
    return "\n\n".join([*parts, "Not to be measured:\n" + "\n".join(refused)] if refused else parts)


def _count(number: int | None) -> str:
    return "" if number is None else str(number)
