"""How well two sets of readings agree, as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from napari_t12_bodycomp.cohort.agreement import compare
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.agreement import Agreement
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.report.agreement_csv import agreement_csv, cases_csv
from napari_t12_bodycomp.report.agreement_text import agreement_markdown
from napari_t12_bodycomp.report.bland_altman_png import bland_altman_png
from napari_t12_bodycomp.workflow.export import write_atomically, write_sentence
from napari_t12_bodycomp.workflow.readings import read_pair

TABLE_NAME, CASES_NAME = "agreement.csv", "agreement_cases.csv"
PLOT_NAME, TEXT_NAME = "bland_altman.png", "agreement.md"
TITLE = "Agreement of two readings"


def agreement_files(first: Sequence[Reading], second: Sequence[Reading], title: str = TITLE) -> dict[str, bytes]:
    """The files of the comparison by name; readings are paired by case, differences are first minus second.

    A case that stands on one side only is listed, never dropped. InputError where a case stands twice on one side, or no case on both.
    """
    return files_of(compare(first, second), title)


def agree(first: Path, second: Path, readers: tuple[str, str] = ("", ""), progress: Progress = no_progress) -> Agreement:
    """Compare what lies at two paths; `readers` takes the rows of one assessor alone on either side. InputError as `read_pair` says."""
    ones, others, remarks = read_pair(first, second, readers, progress)
    found = compare(ones, others)
    progress(1.0, "compared")
    return replace(found, remarks=(*found.remarks, *remarks))


def files_of(agreement: Agreement, title: str = TITLE) -> dict[str, bytes]:
    """The files of a comparison by name: two tables, the plots, and a report to read."""
    return {
        TABLE_NAME: agreement_csv(agreement).encode(),
        CASES_NAME: cases_csv(agreement).encode(),
        PLOT_NAME: bland_altman_png(agreement, title),
        TEXT_NAME: agreement_markdown(agreement, title).encode(),
    }


def write_files(out_dir: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` into `out_dir`, each complete or not at all. InputError where that cannot be done."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(out_dir / name, content)
    except OSError as error:
        raise InputError(write_sentence(out_dir, error)) from error
