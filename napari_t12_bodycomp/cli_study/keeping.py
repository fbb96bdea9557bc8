"""Deeds of ``t12-bodycomp study`` that carry it out of its database and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from napari_t12_bodycomp.cli_study.desk import (
    EXIT_CHANGED,
    EXIT_DONE,
    Say,
    open_store,
    say_done,
    where,
)
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import CaseState


def _export(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study_export import APPROVED_ONLY, export_study

    states = frozenset(CaseState(state) for state in args.state) if args.state else APPROVED_ONLY
    store = open_store(args)
    files = export_study(store, args.out, states)
    paths: dict[str, str | list[str]] = {
        "csv": str(files.csv),
        "dictionary": str(files.dictionary),
        "flow": str(files.flow),
        "chart": str(files.chart),
    }
    lines = [f"{files.n_cases} cases in {files.csv}"]
    if files.agreement:
        paths["agreement"] = [str(path) for path in files.agreement]
        lines.append(f"Readings and their agreement: {len(files.agreement)} files beside it")
    if files.n_left_out:
        lines.append(f"{files.n_left_out} cases are left out until their second reading is there")
    missing: list[str] = []
    if args.sheet:
        from napari_t12_bodycomp.workflow.study_sheet import contact_sheet

        sheet, missing = contact_sheet(store, args.out, states, progress)
        paths["sheet"] = str(sheet)
        lines += [f"Pictures in {sheet}", *missing]
    answer = {"cases": files.n_cases, "left_out": files.n_left_out, "files": paths, "without_picture": missing}
    if args.dicom:
        from napari_t12_bodycomp.workflow.study_dicom import export_dicom

        done, without = export_dicom(store, args.dicom, states, progress)
        paths["dicom"] = str(args.dicom)
        answer |= {"dicom_cases": done, "without_dicom": without}
        lines += [f"{done} results as DICOM in {args.dicom}, with the patients' identity", *without]
    return say_done(say, args, answer, "\n".join(lines))


def _verify(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import verify_study

    found = verify_study(where(args), args.head)
    answer = {
        "status": "clean" if found.is_clean else "changed",
        "findings": [{"table": f.table, "row": f.row_id, "message": f.sentence} for f in found.findings],
        "rows": found.rows,
        "audit_rows": found.length,
        "head": found.head,
    }
    clean = f"Clean: {found.rows} rows are as {found.length} audit rows say. Head: {found.head}"
    say(answer if args.json else clean if found.is_clean else "\n".join(f.sentence for f in found.findings))
    if not found.is_clean:
        print(f"t12-bodycomp: {len(found.findings)} things are not as the audit says.", file=sys.stderr)
    return EXIT_DONE if found.is_clean else EXIT_CHANGED


def _backup(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import backup_study

    written = backup_study(open_store(args), args.file)
    return say_done(say, args, {"file": str(written)}, f"The study is in {written}.")


def _restore(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import restore_study

    restore_study(args.file, where(args))
    return say_done(say, args, {"from": str(args.file)}, "The study is restored, and as its audit says.")


DEEDS: dict[str, Callable[[argparse.Namespace, Say, Progress], int]] = {
    "export": _export,
    "verify": _verify,
    "backup": _backup,
    "restore": _restore,
}
