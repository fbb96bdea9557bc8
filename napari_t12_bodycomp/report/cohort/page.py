"""One report to read from top to bottom: HTML that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis
from napari_t12_bodycomp.report.cohort.methods import cautions, methods
from napari_t12_bodycomp.report.cohort.pictures import Picture
from napari_t12_bodycomp.report.cohort.sheet import Sheet
from napari_t12_bodycomp.report.cohort.summary import in_short

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.4rem; border-bottom: 1px solid #ccc; } h3 { font-size: 1.05rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; margin: .6rem 0; }
th, td { padding: .2rem .7rem; text-align: right; white-space: nowrap; } td.long { white-space: normal; min-width: 16rem; text-align: left; }
th { border-top: 1.5px solid #222; border-bottom: 1px solid #222; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; white-space: pre; }
tbody tr:last-child td { border-bottom: 1.5px solid #222; } tr.head td { font-weight: 600; padding-top: .5rem; }
table.wide { font-size: 12px; } .wide th, .wide td { padding: .2rem .45rem; }
.notes { font-size: 12.5px; color: #444; } .notes p { margin: .15rem 0; } img { max-width: 100%; }
.flags { border-left: 4px solid #D55E00; padding: .1rem 1rem; background: #fdf3ec; } figcaption { font-size: 13px; color: #444; }
"""
_LONG, _MANY, _PX_PER_IN = 40, 10, 96


Block = Sheet | Picture
Section = tuple[str, Sequence[Block]]
"""A heading, and what stands under it."""


def page(analysis: CohortAnalysis, title: str, sections: Sequence[Section]) -> str:
    """The report: what was read and found odd, `sections`, methods, what was left out, cautions, software."""
    source = analysis.source
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_opening(analysis))}</p>",
        _flags(analysis),
        "<h2>In short</h2>",
        _list(in_short(analysis)),
    ]
    n_tables = n_figures = 0
    for heading, blocks in sections:
        parts.append(f"<h2>{escape(heading)}</h2>")
        for block in blocks:
            if isinstance(block, Sheet):
                n_tables += 1
                parts.append(_table(block, n_tables))
            else:
                n_figures += 1
                parts.append(_figure(block, n_figures))
    parts += [
        "<h2>Methods</h2>",
        *_paragraphs(methods(analysis)),
        "<h2>What was left out, and why</h2>",
        _list(analysis.left_out or ("Nothing.",)),
        "<h2>To keep in mind</h2>",
        _list(cautions(analysis)),
        "<h2>Data and software</h2>",
        _list(
            [
                f"{source.name}: {source.n_rows} rows, SHA-256 {source.sha256}",
                *([f"{source.rush_name}: SHA-256 {source.rush_sha256}"] if source.rush_name else []),
                *([f"columns that were not used: {', '.join(analysis.unused_columns)}"] if analysis.unused_columns else []),
                ", ".join(f"{name} {version}" for name, version in analysis.software.items()),
                "Every number of this page at full precision, with its method: results.json. Research use, not a medical device.",
            ]
        ),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _opening(analysis: CohortAnalysis) -> str:
    flow, plan = analysis.flow, analysis.plan
    n_centres = len(flow.centres)
    where = f" in {n_centres} centres" if n_centres > 1 else ""
    n = [sum(centre.groups.get(value, 0) for centre in flow.centres) for value in ("1", "0")]
    return f"{flow.n_included} patients{where}; outcome: {plan.outcome}; {plan.groups[0]}: {n[0]}, {plan.groups[1]}: {n[1]}."


def _flags(analysis: CohortAnalysis) -> str:
    if not analysis.findings:
        return "<p>Nothing odd was found in the table.</p>"
    return '<div class="flags"><h3>Odd in the table</h3>' + _list([finding.sentence for finding in analysis.findings]) + "</div>"


def _table(sheet: Sheet, k: int) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.header)
    rows = []
    for number, row in enumerate(sheet.rows):
        mark = ' class="head"' if number in sheet.heads else ""
        rows.append(f"<tr{mark}>{''.join(map(_cell, row))}</tr>")
    wide = ' class="wide"' if len(sheet.header) > _MANY else ""
    body = f'<div class="scroll"><table{wide}><thead><tr>{head}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table></div>'
    return f'<h3 id="{escape(sheet.name)}">Table {k}. {escape(sheet.title)}</h3>{body}<div class="notes">{"".join(_paragraphs(sheet.notes))}</div>'


def _cell(text: str) -> str:
    return f"<td{' class=long' if len(text) > _LONG else ''}>{escape(text)}</td>"


def _figure(picture: Picture, k: int) -> str:
    data = base64.b64encode(picture.png).decode()
    caption = f"Figure {k}. {escape(picture.title)}. {escape(picture.words)}"
    alt = escape(f"{picture.title}. {picture.words}", quote=True)
    return f'<figure><img alt="{alt}" width="{picture.width_in * _PX_PER_IN:.0f}" src="data:image/png;base64,{data}"><figcaption>{caption}</figcaption></figure>'


def _paragraphs(words: Sequence[str]) -> list[str]:
    return [f"<p>{escape(text)}</p>" for text in words]


def _list(words: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in words) + "</ul>"
