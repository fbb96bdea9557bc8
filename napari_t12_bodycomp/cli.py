"""The program ``t12-bodycomp``: one main job, with or without a window.

Standard output holds the answer alone; progress, logs and errors go to standard error. What is heavy is imported where it is needed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.cli_dicom.results import add_dicom_results, check_dicom_results, made_dicom_results, written_dicom_results
from napari_t12_bodycomp.cli_study.protocol_options import add_protocol_options, protocol_of
from napari_t12_bodycomp.errors import LevelError, T12Error, UsageError

_log = logging.getLogger("napari_t12_bodycomp")

EXIT_DONE, EXIT_FAULT, EXIT_USAGE, EXIT_INPUT, EXIT_LEVEL, EXIT_CANCELLED = 0, 1, 2, 3, 4, 130

_DESCRIPTION = """T12 body composition on chest CT: finds the mid-body slice of T12, drafts muscle and fat regions, measures them.
Research use, not a medical device."""
_EPILOG = """commands: demo, series, locate, measure, agreement, cohort, deidentify, study, pacs ('t12-bodycomp COMMAND --help' says more).
Without a command, napari opens with the workbench, and PATH in it.
exit codes: 0 done; 2 wrong usage; 3 the input cannot be read or must not be measured; 4 T12 is absent or uncertain."""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is an error like any other, so that --json can report it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"Wrong usage: {message.rstrip('.')} (see {self.prog} --help).")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv` (default: the process's own arguments); returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    verbose = not {"-v", "--verbose"}.isdisjoint(words)
    _set_up_logging(verbose)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries quote header values in theirs
            return _run(words)
    except T12Error as error:
        return _fail(str(error), error.exit_code, as_json)
    except KeyboardInterrupt:
        return _fail("Stopped on request; nothing was left half-written.", EXIT_CANCELLED, as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except MemoryError:
        return _fail(
            "More memory than this computer has free was wanted: close other programs, or choose a smaller series.", EXIT_INPUT, as_json
        )
    except Exception as error:
        if verbose:
            logging.getLogger(__name__).exception("fault")
        place = f"{type(error).__name__}"
        return _fail(f"The program itself failed here ({place}): run it with --verbose and report what it prints.", EXIT_FAULT, as_json)


def _fail(message: str, code: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"status": "error", "message": message, "exit_code": code}, ensure_ascii=False))
    print(f"t12-bodycomp: {message}", file=sys.stderr)
    return code


def _set_up_logging(verbose: bool) -> None:
    for name in ("pydicom", "nibabel"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _log.handlers.clear()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(relativeCreated)6.0f ms %(levelname)s %(name)s: %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.DEBUG if verbose else logging.WARNING)


def _run(words: list[str]) -> int:
    commands: dict[str, Callable[[list[str]], int]] = {
        "demo": _demo,
        "series": _series,
        "locate": _locate,
        "measure": _measure,
        "agreement": _agreement,
        "cohort": _cohort,
        "study": _study,
        "pacs": _pacs,
        "deidentify": _deidentify,
    }
    first = next((w for w in words if not w.startswith("-")), None)
    if first in commands and words[0] == first:
        return commands[first](words[1:])
    return _open(words)


# -- arguments -----------------------------------------------------------------------------------------------------------------------------


def _parser(command: str, about: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=f"t12-bodycomp {command}", description=about, allow_abbrev=False)
    _add_verbose(parser)
    return parser


def _add_verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbose", action="store_true", help="say on standard error what is being done")


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", type=Path, help="DICOM folder, DICOM file, zip of DICOM, or NIfTI")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--series", metavar="UID", help="which series, where PATH holds several")
    parser.add_argument("--acquisition", metavar="N", type=int, help="which acquisition, where the series holds several")


def _add_opinion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--second-opinion",
        metavar="WHO",
        action="append",
        default=[],
        help="totalsegmentator, totalsegmentator-tissues, or a label map on the scan's grid (FILE.nii.gz); may be given twice",
    )
    parser.add_argument(
        "--opinion-labels",
        metavar="SCHEME",
        help="what the labels of a map without names stand for: total, total_v1, verse, tissue_types or tissue_4_types",
    )


# -- commands ------------------------------------------------------------------------------------------------------------------------------


def _open(words: list[str]) -> int:
    parser = _Parser(
        prog="t12-bodycomp",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("path", metavar="PATH", type=Path, nargs="?", help="DICOM folder, DICOM file, zip of DICOM, or NIfTI to open")
    parser.add_argument("--version", action="version", version=f"t12-bodycomp {__version__}")
    _add_verbose(parser)
    path: Path | None = parser.parse_args(words).path
    if path is not None and not os.path.exists(path):  # noqa: PTH110 - never raises, however long the path
        raise UsageError(
            f"A command (demo, series, locate, measure, agreement, cohort, deidentify, study, pacs) or an existing path is wanted, {str(path)!r} came: see t12-bodycomp --help."
        )
    return _open_window(path)


def _open_window(path: Path | None) -> int:
    try:
        from napari_t12_bodycomp.gui import app
    except ImportError as error:
        raise UsageError(
            'A window needs napari with Qt, which is not installed here: pip install "napari-t12-bodycomp[pyqt5]", or use '
            "t12-bodycomp measure, which needs no window."
        ) from error
    app.run(path)
    return EXIT_DONE


def _series(words: list[str]) -> int:
    parser = _parser("series", "What PATH holds, which series would be measured, and why.")
    _add_input(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.report.json_report import series_json
    from napari_t12_bodycomp.report.text import series_table
    from napari_t12_bodycomp.workflow.source import list_series

    found = list_series(args.path, _progress())
    _print(series_json(found) if args.json else series_table(found))
    return EXIT_DONE if found.chosen else EXIT_INPUT


def _locate(words: list[str]) -> int:
    parser = _parser("locate", "Find the mid-body slice of T12.")
    _add_input(parser)
    _add_choice(parser)
    _add_opinion(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.report.json_report import locate_json
    from napari_t12_bodycomp.report.text import locate_text
    from napari_t12_bodycomp.workflow.analyse import locate
    from napari_t12_bodycomp.workflow.second_opinion import ask, check_asked

    check_asked(args.second_opinion, args.opinion_labels)
    start = time.perf_counter()
    volume = _load(args)
    finding = ask(volume, locate(volume, _progress()), args.second_opinion, args.opinion_labels, _progress()).finding
    report = locate_json(volume, finding, time.perf_counter() - start)
    _print(report if args.json else locate_text(finding))
    if report["status"] == "found":
        return EXIT_DONE
    print(f"t12-bodycomp: {finding.message}", file=sys.stderr)
    return EXIT_LEVEL


def _measure(words: list[str]) -> int:
    parser = _parser("measure", "Measure the slice through mid-T12: a CSV row, a picture, and label maps.")
    _add_input(parser)
    _add_choice(parser)
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
    _add_opinion(parser)
    add_dicom_results(parser)
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
    volume = _load(args)
    asked = ask(volume, locate(volume, _progress()), args.second_opinion, args.opinion_labels, _progress())
    finding = asked.finding
    try:
        result = measure_volume(volume, request, finding, _progress())
    except LevelError as error:
        if args.json:
            from napari_t12_bodycomp.report.json_report import locate_json

            _print(locate_json(volume, finding, time.perf_counter() - start))
        print(f"t12-bodycomp: {error}", file=sys.stderr)
        return EXIT_LEVEL
    tissues = tissues_beside(asked, result.axial, result.regions, result.measurement.protocol)
    _report(volume, result, tissues, args, start)
    return EXIT_DONE


def _report(volume: Any, result: Any, tissues: Any, args: argparse.Namespace, start: float) -> None:
    from napari_t12_bodycomp.report.json_report import measure_json
    from napari_t12_bodycomp.report.text import measure_text
    from napari_t12_bodycomp.workflow.export import export_result

    for_archive = made_dicom_results(args, volume, result)
    files = export_result(volume, result, args.out)
    by_name = {"csv": files.csv, "overlay": files.overlay, "regions": files.regions, "tissues": files.tissues}
    if files.kept is not None:
        by_name["earlier regions, kept"] = files.kept
    by_name |= written_dicom_results(for_archive, files)
    if args.json:
        from napari_t12_bodycomp.report.json_report import sensitivity_json
        from napari_t12_bodycomp.workflow.sensitivity import level_sensitivity

        own = result.measurement if result.regions_origin == "draft" else None
        around = level_sensitivity(
            volume, result.level, result.finding, result.measurement.protocol, result.subject.height_m, _progress(), own
        )
        relative = {name: path.relative_to(args.out) for name, path in by_name.items()}
        report = measure_json(volume, result, relative, time.perf_counter() - start, tissues)
        _print(report | {"level_sensitivity": sensitivity_json(around)})
    else:
        _print(measure_text(result, by_name, tissues))


def _agreement(words: list[str]) -> int:
    from napari_t12_bodycomp.cli_agreement import run

    return run(words, _parser, _print, _progress())


def _cohort(words: list[str]) -> int:
    from napari_t12_bodycomp.cli_cohort import run

    return run(words, _parser, _print, _progress())


def _study(words: list[str]) -> int:
    from napari_t12_bodycomp.cli_study import run

    return run(words, _parser, _print, _progress())


def _pacs(words: list[str]) -> int:
    from napari_t12_bodycomp.cli_pacs import run

    return run(words, _parser, _print, _progress())


def _deidentify(words: list[str]) -> int:
    from napari_t12_bodycomp.cli_dicom.deidentify import run

    return run(_parser("deidentify", "Take the identity out of DICOM scans, for measuring them elsewhere."), words, _print, _progress())


def _demo(words: list[str]) -> int:
    parser = _parser("demo", "The main job on the sample data: in the window, or without one as a table beside the known answers.")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where the results go (default: demo_output in the current directory)")
    parser.add_argument("--no-window", action="store_true", help="no window even where there is a display")
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.demo import SERIES, run_demo, sample_folder

    sample = sample_folder(_progress())
    if not args.no_window and _has_display():
        return _open_window(sample / SERIES)
    print(run_demo(sample, args.out or Path("demo_output"), _progress()))
    return EXIT_DONE


# -- helpers -------------------------------------------------------------------------------------------------------------------------------


def _load(args: argparse.Namespace) -> Any:
    from napari_t12_bodycomp.workflow.source import load_volume

    return load_volume(args.path, series=args.series, acquisition=args.acquisition, progress=_progress())


def _print(answer: dict[str, Any] | str) -> None:
    print(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, allow_nan=False))


def _progress() -> Callable[[float, str], None]:
    """Progress on one line of a terminal; with --verbose, where standard error is no terminal, a line every half second."""
    on_terminal = sys.stderr.isatty()
    pause, told = (0.05 if on_terminal else 0.5), 0.0

    def show(share: float, words: str) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < pause and share < 1:
            return
        told = now
        if on_terminal:
            end = "\r\033[K" if share >= 1 else ""
            print(f"\r\033[K{100 * share:3.0f}% {words}{end}", end="", file=sys.stderr, flush=True)
        else:
            _log.debug("%3.0f%% %s", 100 * share, words)

    return show


def _has_display() -> bool:
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
