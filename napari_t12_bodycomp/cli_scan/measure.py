"""The command ``measure``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.cli_dicom.results import add_dicom_results, check_dicom_results, made_dicom_results, written_dicom_results
from napari_t12_bodycomp.cli_scan.arguments import NewParser, Say, add_choice, add_input, add_opinion, load
from napari_t12_bodycomp.cli_study.protocol_options import add_protocol_options, protocol_of
from napari_t12_bodycomp.errors import LevelError
from napari_t12_bodycomp.model.progress import Progress


def run(words: list[str], new_parser: NewParser, say: Say, progress: Progress) -> int:
    """Measure the scan that `words` name and write the results; the exit code."""
    parser = new_parser("measure", "Measure the slice through mid-T12: a CSV row, a picture, and label maps.")
    _add_options(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
    from napari_t12_bodycomp.workflow.export import check_out_dir
    from napari_t12_bodycomp.workflow.second_opinion import ask, check_asked, tissues_beside

    request = MeasureRequest(
        protocol_of(args),
        args.z_mm,
        args.regions,
        args.height_cm,
        args.weight_kg,
        args.patient_id,
        args.assessor,
        args.level_reason,
    )
    check_out_dir(args.out)
    check_dicom_results(args)
    check_asked(args.second_opinion, args.opinion_labels)
    start = time.perf_counter()
    volume = load(args, progress)
    asked = ask(volume, locate(volume, progress), args.second_opinion, args.opinion_labels, progress)
    finding = asked.finding
    try:
        result = measure_volume(volume, request, finding, progress)
    except LevelError as error:
        if args.json:
            from napari_t12_bodycomp.report.json_report import locate_json

            say(locate_json(volume, finding, time.perf_counter() - start))
        print(f"t12-bodycomp: {error}", file=sys.stderr)
        return LevelError.exit_code
    tissues = tissues_beside(asked, result.axial, result.regions, result.measurement.protocol)
    files = _written(args, volume, result)
    if args.json:
        say(_json(args, volume, result, files, tissues, start, progress))
    else:
        from napari_t12_bodycomp.report.text import measure_text

        say(measure_text(result, files, tissues))
    return 0


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    add_choice(parser)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the results go")
    parser.add_argument("--height-cm", metavar="H", type=float, help="height in cm; goes before the header's")
    parser.add_argument("--weight-kg", metavar="W", type=float, help="weight in kg; goes before the header's")
    parser.add_argument(
        "--z-mm", metavar="Z", type=float, help="measure the slice nearest to this z (DICOM patient z, mm) instead of the T12 found"
    )
    parser.add_argument("--level-reason", metavar="WORDS", default="", help="why the level is there; with --z-mm")
    parser.add_argument("--regions", metavar="FILE", type=Path, help="measure these regions instead of the draft; a DICOM SEG will do too")
    add_protocol_options(parser)
    parser.add_argument("--patient-id", metavar="ID", default="", help="goes before the header's")
    parser.add_argument("--assessor", metavar="NAME", default="", help="who drew the regions, for the row")
    add_opinion(parser)
    add_dicom_results(parser)


def _written(args: argparse.Namespace, volume: Any, result: Any) -> dict[str, Path]:
    """Write the results; the files by what they are."""
    from napari_t12_bodycomp.workflow.export import export_result

    for_archive = made_dicom_results(args, volume, result)
    files = export_result(volume, result, args.out)
    by_name = {"csv": files.csv, "overlay": files.overlay, "regions": files.regions, "tissues": files.tissues}
    if files.kept is not None:
        by_name["earlier regions, kept"] = files.kept
    return by_name | written_dicom_results(args, volume, result, for_archive, files)


def _json(
    args: argparse.Namespace, volume: Any, result: Any, files: dict[str, Path], tissues: Any, start: float, progress: Progress
) -> dict[str, Any]:
    """The answer as JSON, with how much the level matters; `start` is when the work began (s, `time.perf_counter`)."""
    from napari_t12_bodycomp.report.json_report import measure_json, sensitivity_json
    from napari_t12_bodycomp.workflow.sensitivity import level_sensitivity

    own = result.measurement if result.regions_origin == "draft" else None
    around = level_sensitivity(volume, result.level, result.finding, result.measurement.protocol, result.subject.height_m, progress, own)
    relative = {name: path.relative_to(args.out) for name, path in files.items()}
    report = measure_json(volume, result, relative, time.perf_counter() - start, tissues)
    return report | {"level_sensitivity": sensitivity_json(around)}
