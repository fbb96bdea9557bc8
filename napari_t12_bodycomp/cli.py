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

from napari_t12_bodycomp import __version__, cli_agreement, cli_batch, cli_cohort, cli_pacs, cli_study
from napari_t12_bodycomp.cli_dicom import deidentify
from napari_t12_bodycomp.cli_scan import locate, measure, series
from napari_t12_bodycomp.cli_scan.arguments import NewParser, Say
from napari_t12_bodycomp.errors import T12Error, UsageError
from napari_t12_bodycomp.model.progress import Progress

_log = logging.getLogger("napari_t12_bodycomp")

EXIT_DONE, EXIT_FAULT, EXIT_INPUT, EXIT_CANCELLED = 0, 1, 3, 130

_DESCRIPTION = """T12 body composition on chest CT: finds the mid-body slice of T12, drafts muscle and fat regions, measures them.
Research use, not a medical device."""
_EPILOG = """commands: {commands} ('t12-bodycomp COMMAND --help' says more).
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
    if words and words[0] in COMMANDS:
        return COMMANDS[words[0]](words[1:], _parser, _print, _progress())
    return _open(words)


# -- arguments -----------------------------------------------------------------------------------------------------------------------------


def _parser(command: str, about: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=f"t12-bodycomp {command}", description=about, allow_abbrev=False)
    _add_verbose(parser)
    return parser


def _add_verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbose", action="store_true", help="say on standard error what is being done")


# -- commands ------------------------------------------------------------------------------------------------------------------------------


def _open(words: list[str]) -> int:
    parser = _Parser(
        prog="t12-bodycomp",
        description=_DESCRIPTION,
        epilog=_EPILOG.format(commands=", ".join(COMMANDS)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "path", metavar="PATH", type=Path, nargs="?", help="DICOM folder, DICOM file, zip or tar of DICOM, or NIfTI to open"
    )
    parser.add_argument("--version", action="version", version=f"t12-bodycomp {__version__}")
    _add_verbose(parser)
    path: Path | None = parser.parse_args(words).path
    if path is not None and not os.path.exists(path):  # noqa: PTH110 - never raises, however long the path
        raise UsageError(f"A command ({', '.join(COMMANDS)}) or an existing path is wanted, {str(path)!r} came: see t12-bodycomp --help.")
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


def _demo(words: list[str], new_parser: NewParser, say: Say, progress: Progress) -> int:
    parser = new_parser("demo", "The main job on the sample data: in the window, or without one as a table beside the known answers.")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where the results go (default: demo_output in the current directory)")
    parser.add_argument("--no-window", action="store_true", help="no window even where there is a display")
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.demo import SERIES, run_demo, sample_folder

    sample = sample_folder(progress)
    if not args.no_window and _has_display():
        return _open_window(sample / SERIES)
    say(run_demo(sample, args.out or Path("demo_output"), progress))
    return EXIT_DONE


COMMANDS: dict[str, Callable[[list[str], NewParser, Say, Progress], int]] = {
    "demo": _demo,
    "series": series.run,
    "locate": locate.run,
    "measure": measure.run,
    "batch": cli_batch.run,
    "agreement": cli_agreement.run,
    "cohort": cli_cohort.run,
    "deidentify": deidentify.run,
    "study": cli_study.run,
    "pacs": cli_pacs.run,
}
"""What each command does, in the order in which they are named: it gets its words, a maker of parsers, what prints its answer, and progress."""


# -- what is said -------------------------------------------------------------------------------------------------------------------------------


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
