"""The pictures beside the slice: a click jumps, the level line is dragged, labels and lines follow the session."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor

from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.reformat_view import ReformatView
from napari_t12_bodycomp.gui.reformats import Reformats
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, Vertebra
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.session import Session

VERTEBRA = Vertebra("T12", -680.0, (-692.0, -668.0), (20.0, 25.0))
FOUND = LevelFinding(LevelStatus.FOUND, "found", 4, -680.0, (-692.0, -668.0), 0.9, vertebrae=(VERTEBRA,), rib_pairs_seen=12)


@pytest.fixture
def session(small_volume: CTVolume) -> Session:
    session = Session("anna")
    session.open(small_volume)
    return session


@pytest.fixture
def pictures(session: Session, qtbot: QtBot) -> Reformats:
    pictures = Reformats(session, Actions())
    qtbot.addWidget(pictures)
    pictures.resize(240, 600)
    pictures.show()
    qtbot.waitExposed(pictures)
    return pictures


def _at(view: ReformatView, z_mm: float) -> QPoint:
    return QPoint(100, round(view.y_of(z_mm)))


def _is_yellow(view: ReformatView, z_mm: float) -> bool:
    image = view.grab().toImage()
    ratio = image.width() / view.width()
    middle = int(view.y_of(z_mm) * ratio)
    rows = [QColor(image.pixel(round(60 * ratio), y)) for y in (middle - 1, middle, middle + 1)]
    return any(c.red() > 200 and c.green() > 190 and c.blue() < 140 for c in rows)


@pytest.mark.parametrize("name", ["sagittal", "coronal"])
def test_dragging_the_line_moves_the_level_to_that_slice_by_hand(pictures: Reformats, session: Session, qtbot: QtBot, name: str) -> None:
    session.set_finding(FOUND)
    session.confirm_level()
    view = pictures.views[name]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=_at(view, -680.0))
    for z_mm in (-678.0, -670.0, -665.4):
        qtbot.mouseMove(view, _at(view, z_mm))
    assert session.state.level is not None
    assert session.state.level.slice_index == 4, "the level moves on release only"
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=_at(view, -665.4))
    level = session.state.level
    assert (level.slice_index, level.z_mm, level.method, level.confirmed_by) == (7, -665.0, LevelMethod.MANUAL, "")
    assert session.state.view_index == 7


def test_a_click_jumps_and_leaves_the_level_where_it_is(pictures: Reformats, session: Session, qtbot: QtBot) -> None:
    session.set_finding(FOUND)
    view = pictures.views["sagittal"]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=_at(view, -695.0))
    qtbot.waitUntil(lambda: session.state.view_index == 1)
    assert session.state.level is not None
    assert session.state.level.slice_index == 4


def test_the_level_line_stands_where_the_level_is(pictures: Reformats, session: Session) -> None:
    view = pictures.views["sagittal"]
    assert not _is_yellow(view, -680.0)
    session.set_finding(FOUND)
    session.confirm_level()
    assert _is_yellow(view, -680.0)
    session.choose_level(1)
    session.confirm_level()
    assert _is_yellow(view, -695.0)
    assert not _is_yellow(view, -683.0)


def test_without_a_level_the_slice_on_screen_can_be_dragged_to_t12(pictures: Reformats, session: Session) -> None:
    view = pictures.views["coronal"]
    assert view.grip_y() is None, "while the search runs there is nothing to drag"
    session.set_finding(LevelFinding(LevelStatus.ABSENT, "not here"))
    assert view.grip_y() == pytest.approx(view.y_of(-680.0))
    view.dropped.emit(-690.0)
    assert session.state.level is not None
    assert session.state.level.slice_index == 2


def test_the_picture_is_made_anew_only_for_another_spine_or_scan(pictures: Reformats, session: Session, small_volume: CTVolume) -> None:
    view = pictures.views["sagittal"]
    first = view._picture
    session.set_finding(FOUND)
    session.view(2)
    assert view._picture is first
    canal = np.array([[-700.0, 25.0, 25.0], [-660.0, 25.0, 25.0]])
    session.set_finding(LevelFinding(LevelStatus.ABSENT, "not here", canal=canal))
    assert view._picture is not first
    session.close()
    assert view._picture is None


def test_rib_pairs_and_names_that_do_not_exist(pictures: Reformats, session: Session) -> None:
    odd = Vertebra("C0", -670.0, (-675.0, -665.0), (20.0, 25.0))
    session.set_finding(LevelFinding(LevelStatus.ABSENT, "x", vertebrae=(VERTEBRA, odd), rib_pairs_seen=12))
    scene = pictures.views["coronal"]._scene
    assert scene.ribs_seen == "12 rib pairs seen"
    assert [v.label for v in scene.vertebrae] == ["T12"]
