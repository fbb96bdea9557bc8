"""All pictures of a study on a few pages, to be looked through at once."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PAGE_IN = (8.27, 11.69)
"""A4, upright."""
COLUMNS, ROWS = 2, 4
DPI = 200


def write_contact_sheet(path: Path, pictures: Iterable[tuple[str, bytes]], missing: list[str]) -> int:
    """Write a PDF with the PNGs of `pictures`, each under its title, eight to a page; the number of pages.

    `pictures` is taken one by one, so that a large study needs no more memory than a page; `missing` is read after the last one, and its
    lines stand on a page of their own.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    pages = 0
    with PdfPages(path, metadata={"CreationDate": None, "Title": "Contact sheet"}) as pdf:
        page: list[tuple[str, bytes]] = []
        for picture in pictures:
            page.append(picture)
            if len(page) == COLUMNS * ROWS:
                pdf.savefig(_page(page), dpi=DPI)
                page, pages = [], pages + 1
        if page:
            pdf.savefig(_page(page), dpi=DPI)
            pages += 1
        if missing or not pages:
            pdf.savefig(_words(missing or ["No case has a picture yet."]))
            pages += 1
    return pages


def _page(pictures: list[tuple[str, bytes]]) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    figure = Figure(figsize=PAGE_IN)
    for k, (title, png) in enumerate(pictures):
        axes = figure.add_subplot(ROWS, COLUMNS, k + 1)
        axes.imshow(imread(io.BytesIO(png)), interpolation="antialiased")
        axes.set_title(title, fontsize=8)
        axes.set_axis_off()
    figure.subplots_adjust(0.03, 0.02, 0.97, 0.96, wspace=0.04, hspace=0.12)
    return figure


def _words(lines: list[str]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=PAGE_IN)
    shown = lines[:60] + ([f"... and {len(lines) - 60} more"] if len(lines) > 60 else [])
    figure.text(0.06, 0.95, "\n".join(["Without a picture:", "", *shown]), fontsize=8, va="top", wrap=True)
    return figure
